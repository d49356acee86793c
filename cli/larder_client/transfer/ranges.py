"""What is still to be fetched of a file, shared among connections.

One connection is enough where it is fast. So the first one takes everything that is missing, and
each further one, after a while, the second half of what the busiest still has before it.
"""

from __future__ import annotations

import time
from threading import Condition
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

SHARED_ABOVE = 16 * 2**20
"""Fewer bytes than this are not worth another connection."""

RAMP = 1.0
"""Seconds that the connections so far get before another one helps, if they need longer still."""


LOOK_EVERY = 0.1
"""Seconds between two looks for something to help with, at least."""


class Piece:
    """A stretch that one connection fetches; `end` may come nearer while it does."""

    def __init__(self, start: int, end: int) -> None:
        self.start = self.position = start
        self.end = end
        self.since = 0.0

    @property
    def left(self) -> int:
        """The bytes that are missing."""
        return self.end - self.position

    def needs_longer_than(self, seconds: float, now: float) -> bool:
        """Tell whether the rest takes longer than that at the rate so far."""
        return self.left * (now - self.since) >= seconds * (self.position - self.start)


class Pieces:
    """The missing stretches, `gaps`, as (start, end) in order."""

    def __init__(
        self,
        gaps: list[tuple[int, int]],
        ramp: float = RAMP,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._waiting = [Piece(start, end) for start, end in gaps]
        self._running: list[Piece] = []
        self._changed = Condition()
        self._over = False
        self._ramp = ramp
        self._clock = clock
        self._began = clock()

    def take(self, connection: int) -> Piece | None:
        """Wait for a stretch that is worth that connection's help; None when all is over.

        Connections are counted from 0. The nth does not begin before n times the ramp.
        """
        with self._changed:
            wait = max(0, self._began + connection * self._ramp - self._clock())
            while not self._changed.wait_for(lambda: self._over, wait):
                if (piece := self.offer()) is not None:
                    return piece
                wait = max(self._ramp, LOOK_EVERY)
            return None

    def offer(self) -> Piece | None:
        """Return a stretch that is worth another connection now, if there is one."""
        with self._changed:
            piece = self._waiting.pop(0) if self._waiting else self._half()
            if piece is not None:
                piece.since = self._clock()
                self._running.append(piece)
            return piece

    def advance(self, piece: Piece, count: int) -> int:
        """Move the piece's position by up to `count` bytes and return by how many."""
        with self._changed:
            count = min(count, piece.left)
            piece.position += count
            return count

    def done(self, piece: Piece) -> None:
        """Take the piece as fetched; with the last one, all is over."""
        with self._changed:
            self._running.remove(piece)
            if not self._running and not self._waiting:
                self._end()

    def stop(self) -> None:
        """Give nothing out any more, and let nobody wait."""
        with self._changed:
            self._end()

    def _half(self) -> Piece | None:
        busiest = max(self._running, key=lambda piece: piece.left, default=None)
        if busiest is None or busiest.left < SHARED_ABOVE:
            return None
        if not busiest.needs_longer_than(2 * self._ramp, self._clock()):
            return None
        half = Piece(busiest.position + busiest.left // 2, busiest.end)
        busiest.end = half.position
        return half

    def _end(self) -> None:
        self._over = True
        self._changed.notify_all()
