"""What is still to be fetched of a file, shared among connections.

One connection is enough where it is fast. So the first one takes everything that is missing, and
each further one the second half of what the busiest still has before it.
"""

from __future__ import annotations

import time
from threading import Condition

SHARED_ABOVE = 16 * 2**20
"""Fewer bytes than this are not worth another connection."""

RAMP = 1.0
"""Seconds that the connections so far get before another one helps."""


class Piece:
    """A stretch that one connection fetches; `end` may come nearer while it does."""

    def __init__(self, start: int, end: int) -> None:
        self.position = start
        self.end = end

    @property
    def left(self) -> int:
        """The bytes that are missing."""
        return self.end - self.position


class Pieces:
    """The missing stretches, `gaps`, as (start, end) in order."""

    def __init__(self, gaps: list[tuple[int, int]], ramp: float = RAMP) -> None:
        self._waiting = [Piece(start, end) for start, end in gaps]
        self._running: list[Piece] = []
        self._changed = Condition()
        self._over = False
        self._ramp = ramp
        self._began = time.monotonic()

    def wait_for_turn(self, number: int) -> None:
        """Block until the connection with that number, counted from 0, may help, or all is over."""
        turn = self._began + number * self._ramp
        with self._changed:
            self._changed.wait_for(lambda: self._over, max(0, turn - time.monotonic()))

    def take(self) -> Piece | None:
        """Return a stretch that nobody fetches, None when there is none worth fetching."""
        with self._changed:
            if self._over:
                return None
            piece = self._waiting.pop(0) if self._waiting else self._half()
            if piece is not None:
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
        half = Piece(busiest.position + busiest.left // 2, busiest.end)
        busiest.end = half.position
        return half

    def _end(self) -> None:
        self._over = True
        self._changed.notify_all()
