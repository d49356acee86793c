"""The ranges of a file that are still missing, shared among connections.

One connection is enough where it is fast. So the first one takes everything that is missing. After
a while, each further one takes the second half of what the busiest still has to fetch.
"""

from __future__ import annotations

import time
from threading import Condition
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

MIN_SPLIT = 16 * 2**20
"""A range with fewer bytes left is not worth another connection."""

RAMP = 1.0
"""Seconds between two connections, when the work takes longer than that."""

POLL = 0.1
"""Seconds between two looks for a range to split, at least."""


class Range:
    """The bytes that one connection fetches; a split moves `end` forward while it does."""

    def __init__(self, start: int, end: int) -> None:
        self.start = self.position = start
        self.end = end
        self.since = 0.0

    @property
    def left(self) -> int:
        """The number of bytes still missing."""
        return self.end - self.position

    def needs_longer_than(self, seconds: float, now: float) -> bool:
        """Return whether the rest takes longer than that at the rate so far."""
        return self.left * (now - self.since) >= seconds * (self.position - self.start)


class RangeQueue:
    """Hands out the missing ranges, `gaps`, given as (start, end) in order."""

    def __init__(
        self,
        gaps: list[tuple[int, int]],
        ramp: float = RAMP,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._waiting = [Range(start, end) for start, end in gaps]
        self._running: list[Range] = []
        self._changed = Condition()
        self._over = False
        self._ramp = ramp
        self._clock = clock
        self._began = clock()

    def take(self, connection: int) -> Range | None:
        """Wait for a range that is worth another connection; return None when none is left.

        Connections count from 0. The nth waits at least n times the ramp.
        """
        with self._changed:
            wait = max(0, self._began + connection * self._ramp - self._clock())
            while not self._changed.wait_for(lambda: self._over, wait):
                if (taken := self.offer()) is not None:
                    return taken
                wait = max(self._ramp, POLL)
            return None

    def offer(self) -> Range | None:
        """Return a range that is worth another connection now, or None."""
        with self._changed:
            offered = self._waiting.pop(0) if self._waiting else self._split()
            if offered is not None:
                offered.since = self._clock()
                self._running.append(offered)
            return offered

    def advance(self, running: Range, count: int) -> int:
        """Move the range's position forward by up to `count` bytes; return by how many."""
        with self._changed:
            count = min(count, running.left)
            running.position += count
            return count

    def done(self, running: Range) -> None:
        """Remove a range that is fetched; the last one ends the queue."""
        with self._changed:
            self._running.remove(running)
            if not self._running and not self._waiting:
                self._end()

    def stop(self) -> None:
        """End the queue: nobody gets another range, or waits for one."""
        with self._changed:
            self._end()

    def _split(self) -> Range | None:
        busiest = max(self._running, key=lambda running: running.left, default=None)
        if busiest is None or busiest.left < MIN_SPLIT:
            return None
        if not busiest.needs_longer_than(2 * self._ramp, self._clock()):
            return None
        half = Range(busiest.position + busiest.left // 2, busiest.end)
        busiest.end = half.position
        return half

    def _end(self) -> None:
        self._over = True
        self._changed.notify_all()
