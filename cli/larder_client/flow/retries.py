"""What is tried again, and when: as OpenAI's SDKs do.

https://github.com/openai/openai-python/blob/main/src/openai/_base_client.py (`_should_retry`,
`_calculate_retry_timeout`): 408, 409, 429 and 5xx unless `x-should-retry` says otherwise, and
every failure to get an answer; after `Retry-After` of at most two minutes, or else after 0.5
seconds that double up to 8, less up to a quarter of it by chance.
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
from larder_client.flow.steps import Exchange, Flow, Reply, Sleep

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_RETRIES = 2
FIRST_DELAY = 0.5
MAX_DELAY = 8.0
MAX_RETRY_AFTER = 120.0

_RETRIED = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS}

# Asking again does not mend a request that cannot be sent.
_HOPELESS = (httpx.UnsupportedProtocol, httpx.LocalProtocolError)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often to try again; `now` in unix seconds, `chance` within 0..1."""

    max_retries: int = MAX_RETRIES
    now: Callable[[], float] = time.time
    chance: Callable[[], float] = random.random

    def wants(self, reply: Reply) -> bool:
        """Tell whether the same request may be answered otherwise later."""
        asked = self._retry_after(reply.headers)
        if asked is not None and asked > MAX_RETRY_AFTER:
            return False
        match reply.headers.get("x-should-retry"):
            case "true":
                return True
            case "false":
                return False
        return reply.status in _RETRIED or reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR

    def delay(self, retry: int, headers: httpx.Headers | None = None) -> float:
        """Return the seconds before the `retry`th retry, counted from 0."""
        asked = None if headers is None else self._retry_after(headers)
        if asked is not None and 0 < asked <= MAX_RETRY_AFTER:
            return asked
        grown = FIRST_DELAY * 2.0 ** min(retry, 16)
        return min(grown, MAX_DELAY) * (1 - 0.25 * self.chance())

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


def exchange(
    policy: RetryPolicy,
    attempt: Callable[[], Exchange],
    *,
    wants: Callable[[Reply], bool] | None = None,
    progress: Callable[[], int] = lambda: 0,
) -> Flow[Reply]:
    """Make a request, again as the policy says, and return the last reply, whatever its status.

    `attempt` is called for each try; `wants` says in the policy's stead what to try again. A
    change of what `progress` returns means that the last try was not in vain: the retries are
    counted anew.

    Raises:
        ConnectionFailedError: there was no answer.
    """
    wants = wants or policy.wants
    retry = 0
    reached = progress()
    while True:
        request = attempt()
        try:
            reply: Reply = yield request
        except httpx.RequestError as error:
            if progress() != reached:
                retry, reached = 0, progress()
            if retry >= policy.max_retries or isinstance(error, _HOPELESS):
                raise ConnectionFailedError(_told(request, error)) from error
            delay = policy.delay(retry)
        else:
            if retry >= policy.max_retries or not wants(reply):
                return reply
            delay = policy.delay(retry, reply.headers)
        retry += 1
        yield Sleep(delay)


def _told(request: Exchange, error: httpx.RequestError) -> str:
    try:
        host = error.request.url.netloc.decode("ascii", "replace")
    except RuntimeError:
        host = httpx.URL(request.url).netloc.decode("ascii", "replace") or "the server"
    match error:
        case httpx.ConnectTimeout():
            what = "does not answer"
        case httpx.ConnectError():
            what = f"cannot be reached: {error}"
        case httpx.TimeoutException():
            what = "stopped answering"
        case _:
            what = f"broke the connection off: {error or type(error).__name__}"
    return f"{host} {what}"
