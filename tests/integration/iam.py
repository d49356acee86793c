"""IAM on moto, which has none: a function may do what the template allows, and nothing else.

A call that the policy of the running function does not allow fails as AWS lets it fail. Under
`--permissions` the session fails as well for every permission that no test has made use of.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import botocore.handlers
from botocore.exceptions import ClientError

from tests.policies import Permission, allowed, asked_for, performed_by_lambda

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

type Used = tuple[str, str, str]
"""A function, an action, and the resource as the function's policy names it."""

POLICIES = allowed()


class _Running:
    """The running function. Handlers run one at a time, but may use threads."""

    function: str | None = None
    logical: Mapping[str, str]
    used: set[Used]


_running = _Running()
_running.used = set()


@contextmanager
def role_of(function: str, logical: Mapping[str, str]) -> Iterator[None]:
    """Check every call to AWS against the policy of `function`; `logical` as for `asked_for`."""
    _running.function, _running.logical = function, logical
    try:
        yield
    finally:
        _running.function = None


def _before_call(params: dict[str, Any], event_name: str, **_: object) -> None:
    # Also sent when a URL is signed, which works for nobody unless its signer may do the same.
    if _running.function is not None:
        service, operation = event_name.split(".")[1:]
        for asked in asked_for(service, operation, params, _running.logical):
            _use(asked, operation)


def _after_call(http_response: Any, event_name: str, **_: object) -> None:
    # S3 tells whoever may not list the bucket 403 instead of 404:
    # https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    if _running.function is not None and http_response.status_code == 404:
        _use(Permission("s3:ListBucket", "FilesBucket"), event_name.rsplit(".", 1)[-1])


def _use(asked: Permission, operation: str) -> None:
    assert _running.function is not None
    covering = [each for each in POLICIES[_running.function] if each.covers(asked)]
    if not covering:
        message = f"{_running.function} may not {asked.action} on {asked.resource}"
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": message}}, operation)
    _running.used |= {(_running.function, each.action, each.resource) for each in covering}


# Every client that is made from now on, as moto does it.
botocore.handlers.BUILTIN_HANDLERS += [
    ("provide-client-params.*.*", _before_call),
    ("after-call.s3.GetObject", _after_call),
    ("after-call.s3.HeadObject", _after_call),
]


def used_so_far() -> set[Used]:
    """Return the permissions that functions have used in this process."""
    return set(_running.used)


def unused(used: set[Used]) -> list[Used]:
    """Return what the template allows beyond `used` and what Lambda itself does."""
    by_lambda = performed_by_lambda()
    return sorted(
        (function, each.action, each.resource)
        for function, permissions in POLICIES.items()
        for each in permissions - by_lambda[function]
        if (function, each.action, each.resource) not in used
    )
