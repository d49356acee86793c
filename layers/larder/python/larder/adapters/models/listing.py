"""Asks an upstream which models it has: whether it can be reached, and accepts the credentials."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from urllib3 import PoolManager, Timeout
from urllib3.exceptions import HTTPError

from larder.adapters.models.credentials import SecretUnreadableError
from larder.domain.errors import LarderError

if TYPE_CHECKING:
    from larder.adapters.models.credentials import UpstreamCredentials
    from larder.domain.upstreams import Upstream

_SECONDS = 30
_SHOWN = 200
"""Characters of a refusal that the error repeats."""
_HEADERS = {"Content-Type": "application/json", "Accept": "application/json"}


class UpstreamFailedError(LarderError):
    """The upstream did not list its models; the message says why."""


def count_models(upstream: Upstream, credentials: UpstreamCredentials) -> int:
    """Return how many models the upstream lists at `GET <base URL>/models`.

    Raises:
        UpstreamFailedError: there is no key, no connection, or no list.
    """
    url = upstream.url_for("/v1/models")
    try:
        headers = credentials.headers(upstream, url, b"", _HEADERS, method="GET")
        with PoolManager() as pool:
            answer = pool.request(
                "GET",
                url,
                headers=headers,
                retries=False,
                redirect=False,
                timeout=Timeout(_SECONDS),
            )
            status, body = answer.status, answer.data
    except SecretUnreadableError as error:
        message = f"The secret '{upstream.secret_id}' cannot be read: {error.__cause__}"
        raise UpstreamFailedError(message) from error
    except HTTPError as error:
        message = f"No answer from {url}: {error}"
        raise UpstreamFailedError(message) from error
    if not 200 <= status < 300:  # noqa: PLR2004
        shown = body[:_SHOWN].decode("utf-8", "replace")
        message = f"{url} answered {status}: {shown}"
        raise UpstreamFailedError(message)
    try:
        return len(json.loads(body)["data"])
    except (ValueError, RecursionError, KeyError, TypeError) as error:
        message = f"{url} answered {status}, but not with a list of models."
        raise UpstreamFailedError(message) from error
