"""The limit of requests per API key, in every function that has a route."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from larder.runtime.composition import Composition
from larder.runtime.settings import Settings
from tests.fakes.clock import ManualClock
from tests.integration.iam import role_of
from tests.support.events import recorded
from tests.support.handlers import FakeContext, load
from tests.support.template import FUNCTIONS, LIMITED, folder_of

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from tests.moto_stack import MotoStack

FOLDERS = sorted(folder_of(FUNCTIONS[name]) for name in LIMITED)


@pytest.fixture(autouse=True)
def clock(stack: MotoStack, monkeypatch: pytest.MonkeyPatch) -> ManualClock:  # noqa: ARG001
    """The clock of containers that let each key make one request per second."""
    monkeypatch.setenv("KEY_REQUESTS_PER_SECOND", "1")
    clock = ManualClock()
    ports = Composition(Settings.from_environment(), clock)
    monkeypatch.setattr(Composition, "from_environment", lambda: replace(ports))
    return clock


def started(name: str) -> Any:
    """Return the handler of a new container."""
    return load.__wrapped__(name).lambda_handler


def send(handler: Any, stack: MotoStack, name: str, tenant: TenantId, key: str = "key_a") -> Any:
    event = recorded(name)
    event["requestContext"]["authorizer"] |= {"tenant": tenant, "keyId": key}
    with role_of(name, stack.logical_names()):
        return handler(event, FakeContext())


@pytest.mark.parametrize("name", FOLDERS)
def test_a_request_above_the_rate_is_refused_in_every_container(
    stack: MotoStack, tenant: TenantId, name: str
) -> None:
    first, second = started(name), started(name)

    assert send(first, stack, name, tenant)["statusCode"] != 429
    for handler in (first, second):
        refused = send(handler, stack, name, tenant)
        assert refused["statusCode"] == 429
        assert refused["multiValueHeaders"]["Retry-After"] == ["1"]
        assert "x-request-id" in refused["multiValueHeaders"]
        assert json.loads(refused["body"])["error"] == {
            "message": "This API key makes more than 1 requests per second. "
            "Wait a second and try again.",
            "type": "rate_limit_error",
            "param": None,
            "code": "rate_limit_exceeded",
        }


def test_all_routes_count_together_and_each_key_by_itself(
    stack: MotoStack, tenant: TenantId
) -> None:
    usage, listing = started("usage_get"), started("files_list")

    assert send(usage, stack, "usage_get", tenant)["statusCode"] == 200
    assert send(listing, stack, "files_list", tenant)["statusCode"] == 429
    assert send(listing, stack, "files_list", tenant, "key_b")["statusCode"] == 200


def test_the_next_second_is_free_again(
    stack: MotoStack, tenant: TenantId, clock: ManualClock
) -> None:
    usage = started("usage_get")
    send(usage, stack, "usage_get", tenant)
    assert send(usage, stack, "usage_get", tenant)["statusCode"] == 429

    clock.advance(1)

    assert send(usage, stack, "usage_get", tenant)["statusCode"] == 200


def test_a_refused_request_does_nothing(stack: MotoStack, tenant: TenantId) -> None:
    create = started("files_create")
    stored = send(create, stack, "files_create", tenant)
    assert stored["statusCode"] == 200
    before = stack.object_keys()

    assert send(create, stack, "files_create", tenant)["statusCode"] == 429

    assert stack.object_keys() == before


def test_a_rate_that_cannot_be_counted_refuses_nobody(
    stack: MotoStack,
    tenant: TenantId,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    call = BaseClient._make_api_call  # type: ignore[attr-defined]

    def throttled(self: Any, operation: str, parameters: dict[str, Any]) -> Any:
        if parameters.get("TableName") == "Rates":
            raise ClientError({"Error": {"Code": "ThrottlingException"}}, operation)
        return call(self, operation, parameters)

    usage = started("usage_get")
    monkeypatch.setattr(BaseClient, "_make_api_call", throttled)

    for _ in range(3):
        assert send(usage, stack, "usage_get", tenant)["statusCode"] == 200

    assert capsys.readouterr().out.count('"RateNotCounted":[1.0]') == 3


def test_a_key_that_the_authorizer_has_not_named_is_not_limited(
    stack: MotoStack, tenant: TenantId
) -> None:
    usage = started("usage_get")
    event = recorded("usage_get")
    event["requestContext"]["authorizer"] = {"tenant": tenant}

    with role_of("usage_get", stack.logical_names()):
        answers = [usage(event, FakeContext())["statusCode"] for _ in range(3)]

    assert answers == [200, 200, 200]
