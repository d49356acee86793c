"""The windows of time in which an upstream's requests and tokens are counted.

A minute's limits are shared out to windows of ten seconds, so that a minute's calls do not all go
out in its first seconds. A limit below 60 a minute has one window a minute.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from larder.domain.upstreams import Upstream

_MINUTE = 60
_WINDOW = 10


@dataclass(frozen=True, slots=True)
class RateWindow:
    """A window from `start` on, in unix seconds, and its limits; None for no limit."""

    start: int
    seconds: int
    requests: int | None
    tokens: int | None

    @property
    def end(self) -> int:
        """When the next window begins."""
        return self.start + self.seconds

    def fitting(self, wanted: int, tokens: int, used_requests: int, used_tokens: int) -> int:
        """Return how many of the `wanted` requests of `tokens` each there is room for.

        A request of more tokens than a window has goes out where any are left, as no window would
        ever hold it: `charges` has the windows after it pay.
        """
        if self.requests is not None:
            wanted = min(wanted, self.requests - used_requests)
        if self.tokens is not None:
            left = self.tokens - used_tokens
            wanted = min(wanted, int(left > 0) if tokens > self.tokens else left // tokens)
        return max(0, wanted)

    def charges(self, tokens: int) -> dict[int, int]:
        """Return what `tokens` take of which window, by its start, over a minute at most."""
        if self.tokens is None:
            return {self.start: tokens}
        charged: dict[int, int] = {}
        for start in range(self.start, self.start + _MINUTE, self.seconds):
            charged[start] = min(tokens, self.tokens)
            tokens -= charged[start]
            if tokens == 0:
                break
        return charged


def window_at(upstream: Upstream, now: float) -> RateWindow:
    """Return the window that the time `now` is in."""
    rates = (upstream.requests_per_minute, upstream.tokens_per_minute)
    slow = any(rate is not None and rate < _MINUTE for rate in rates)
    seconds = _MINUTE if slow else _WINDOW
    requests, tokens = (None if rate is None else rate * seconds // _MINUTE for rate in rates)
    return RateWindow(int(now // seconds) * seconds, seconds, requests, tokens)
