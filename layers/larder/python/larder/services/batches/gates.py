"""How much a worker asks of each upstream, as its answers go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from larder.domain.batch_answers import MAX_ANSWER_BYTES
from larder.domain.batch_kept import UNKNOWN_BYTES, KeptGate

if TYPE_CHECKING:
    from larder.domain.upstreams import Upstream
    from larder.services.batches.model_ports import RateLimits
    from larder.services.clock import Clock

_TAKEN_AT_ONCE = 10
_BYTES_PER_TOKEN = 4
_UNREACHABLE_AFTER = 5
"""Failed connections in a row, without a single answer, that open the circuit."""
_MAX_PAUSE = 60.0

_FORGETS = 0.9
"""How much of the longest answer is remembered when a shorter one comes."""


@dataclass(slots=True)
class Gate:
    """One upstream as one worker sees it.

    Its concurrency falls by half when the upstream asks for less, and rises by one over as many
    answers as are in flight (additive increase, multiplicative decrease). No request goes out
    before `closed_until` (unix seconds). `answers` counts what the upstream has answered, by which
    a line knows that the upstream works and the fault is its own.
    """

    upstream: Upstream
    window: float
    closed_until: float = 0.0
    in_flight: int = 0
    answers: int = 0
    longest: float = UNKNOWN_BYTES / 2
    _unreachable: int = 0
    _granted: int = 0
    _granted_until: float = 0.0

    def admits(self, clock: Clock, size: int, limits: RateLimits) -> bool:
        """Tell whether a request of `size` bytes may go out now, and count it if so."""
        most = 1 if self.unreachable else int(self.window)
        if clock() < self.closed_until or self.in_flight >= most:
            return False
        if not self._within_rates(clock, size, limits):
            return False
        self.in_flight += 1
        return True

    def _within_rates(self, clock: Clock, size: int, limits: RateLimits) -> bool:
        upstream = self.upstream
        if upstream.requests_per_minute is None and upstream.tokens_per_minute is None:
            return True
        now = clock()
        if self._granted == 0 or now >= self._granted_until:
            tokens = max(1, size // _BYTES_PER_TOKEN)
            grant = limits.take(upstream, now, requests=_TAKEN_AT_ONCE, tokens=tokens)
            self._granted, self._granted_until = grant.requests, grant.until
            if grant.requests == 0:
                self.closed_until = max(self.closed_until, grant.until)
                return False
            if clock() >= grant.until:
                # The answer took so long that these requests would count in the next window.
                self._granted = 0
                return False
        self._granted -= 1
        return True

    @property
    def unreachable(self) -> bool:
        """Whether the circuit is open: connections fail, and none has been answered since.

        Then one request at a time goes out, after pauses that double up to a minute.
        """
        return self._unreachable >= _UNREACHABLE_AFTER

    @property
    def answer_bytes(self) -> int:
        """The size that the next answer is taken to have: twice that of the longest of late."""
        return min(MAX_ANSWER_BYTES, int(2 * self.longest))

    def answered(self, size: int) -> None:
        """Take into account an answer of `size` bytes to a request, good or bad."""
        self.longest = max(size, self.longest * _FORGETS)
        self.in_flight -= 1
        self.answers += 1
        self._unreachable = 0
        self.window = min(self.upstream.concurrency, self.window + 1 / self.window)

    def throttled(self, now: float, retry_after: float | None) -> None:
        """Take into account that the upstream wants fewer requests."""
        self.in_flight -= 1
        self._unreachable = 0
        if now >= self.closed_until:
            # Once for all that were in flight: they were sent at the same rate.
            self.window = max(1.0, self.window / 2)
        self.closed_until = max(self.closed_until, now + (retry_after or 1.0))

    def failed(self, now: float, *, reached: bool) -> None:
        """Take into account a request without an answer, or with a passing failure."""
        self.in_flight -= 1
        if reached:
            self._unreachable = 0
            return
        if self.unreachable and now < self.closed_until:
            # Sent before the circuit opened: one outage is counted once.
            return
        self._unreachable += 1
        beyond = self._unreachable - _UNREACHABLE_AFTER
        if beyond >= 0:
            self.closed_until = max(self.closed_until, now + min(_MAX_PAUSE, 2.0 ** min(beyond, 6)))

    @property
    def kept(self) -> KeptGate:
        """What the worker after this one goes on from."""
        return KeptGate(
            self.upstream.base_url, self.window, self.closed_until, self._unreachable, self.longest
        )


def gate_for(upstream: Upstream, kept: KeptGate | None = None) -> Gate:
    """Return the gate of an upstream, as an earlier worker has left it, or with nothing known."""
    most = float(upstream.concurrency)
    if kept is None:
        return Gate(upstream, window=most)
    window = min(most, kept.window)
    return Gate(
        upstream, window, kept.closed_until, longest=kept.longest, _unreachable=kept.unreachable
    )
