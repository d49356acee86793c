"""Retries, by the rules of OpenAI's SDKs.

Retried are 408, 409, 429 and 5xx, unless `x-should-retry` says otherwise, and every request that
got no reply. The delay is `Retry-After` if that is at most two minutes; otherwise 0.5 seconds,
doubled with each retry up to 8, minus a random part of up to a quarter.

https://github.com/openai/openai-python/blob/main/src/openai/_base_client.py (`_should_retry`,
`_calculate_retry_timeout`)
"""

from __future__ import annotations

import math
import random
import time
from dataclasses import dataclass
from email.utils import mktime_tz, parsedate_tz
from http import HTTPStatus
from typing import TYPE_CHECKING

import httpx

from larder_client.errors import ConnectionFailedError
from larder_client.flow.steps import Flow, Reply, Request, Sleep

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_RETRIES = 2
FIRST_DELAY = 0.5
MAX_DELAY = 8.0
MAX_RETRY_AFTER = 120.0

_RETRIED = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS}

# Requests that cannot be sent at all: another try fails in the same way.
_PERMANENT = (httpx.UnsupportedProtocol, httpx.LocalProtocolError)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """When to retry; `now` returns unix seconds, `chance` a number from 0 to 1."""

    max_retries: int = MAX_RETRIES
    now: Callable[[], float] = time.time
    chance: Callable[[], float] = random.random

    def should_retry(self, reply: Reply) -> bool:
        """Return whether the same request may succeed later."""
        requested = self._retry_after(reply.headers)
        if requested is not None and requested > MAX_RETRY_AFTER:
            return False
        match reply.headers.get("x-should-retry"):
            case "true":
                return True
            case "false":
                return False
        return reply.status in _RETRIED or reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR

    def delay(self, retry: int, headers: httpx.Headers | None = None) -> float:
        """Return the seconds before the `retry`th retry, counted from 0."""
        requested = None if headers is None else self._retry_after(headers)
        if requested is not None and 0 < requested <= MAX_RETRY_AFTER:
            return requested
        doubled = FIRST_DELAY * 2.0 ** min(retry, 16)
        return min(doubled, MAX_DELAY) * (1 - 0.25 * self.chance())

    def _retry_after(self, headers: httpx.Headers) -> float | None:
        for name, divisor in (("retry-after-ms", 1000), ("retry-after", 1)):
            try:
                seconds = float(headers.get(name, "")) / divisor
            except ValueError:
                continue
            return None if math.isnan(seconds) else seconds
        try:
            date = parsedate_tz(headers.get("retry-after", ""))
            return None if date is None else mktime_tz(date) - self.now()
        except (ValueError, OverflowError):
            return None


def send_with_retries(
    policy: RetryPolicy,
    attempt: Callable[[], Request],
    *,
    should_retry: Callable[[Reply], bool] | None = None,
    progress: Callable[[], int] = lambda: 0,
) -> Flow[Reply]:
    """Send a request, retry it by the policy, and return the last reply, whatever its status.

    `attempt` makes the request for each try. `should_retry` replaces the policy's rule. When the
    value of `progress` has changed since the last try, the count of retries starts again.

    Raises:
        ConnectionFailedError: there was no reply.
    """
    should_retry = should_retry or policy.should_retry
    retry = 0
    last_progress = progress()
    while True:
        request = attempt()
        try:
            reply: Reply = yield request
        except httpx.RequestError as error:
            if progress() != last_progress:
                retry, last_progress = 0, progress()
            if retry >= policy.max_retries or isinstance(error, _PERMANENT):
                raise ConnectionFailedError(_describe(request, error)) from error
            delay = policy.delay(retry)
        else:
            if retry >= policy.max_retries or not should_retry(reply):
                return reply
            delay = policy.delay(retry, reply.headers)
        retry += 1
        yield Sleep(delay)


def _describe(request: Request, error: httpx.RequestError) -> str:
    try:
        host = error.request.url.netloc.decode("ascii", "replace")
    except RuntimeError:
        host = httpx.URL(request.url).netloc.decode("ascii", "replace") or "the server"
    match error:
        case httpx.ConnectTimeout():
            problem = "does not answer"
        case httpx.ConnectError():
            problem = f"cannot be reached: {error}"
        case httpx.TimeoutException():
            problem = "stopped answering"
        case _:
            problem = f"dropped the connection: {error or type(error).__name__}"
    return f"{host} {problem}"
