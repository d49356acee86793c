"""What a worker saves of its shard every few seconds, for the worker after it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from larder.domain.batch_kept import Attempts, Kept, decode_kept

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from larder.domain.batch_kept import KeptGate
    from larder.services.batches.open_chunks import OpenChunk
    from larder.services.batches.shard_lines import ShardLine

SAVE_SECONDS = 5.0
"""Seconds between two saves of the answers in open chunks, at the least."""

_SAVED_A_SECOND = 16 * 2**20
"""Bytes of answers for which saving may take another second of the time between two saves."""


@dataclass(slots=True)
class Saved:
    """The answers of open chunks, and the attempts at lines: what was found, and what is new.

    `changes` counts what has happened since the last save.
    """

    put: Callable[[Iterable[bytes]], None]
    found: Kept = field(default_factory=Kept)
    changes: int = 0
    _attempts: dict[tuple[int, int], Attempts] = field(default_factory=dict)
    _opened: set[int] = field(default_factory=set)
    _at: float = 0.0

    def load(self, data: bytes, now: float) -> None:
        """Take what the worker before has saved."""
        self.found = decode_kept(data)
        self._attempts = {(each.chunk, each.index): each for each in self.found.attempts}
        self._at = now

    def attempts_at(self, chunk: int, index: int) -> Attempts:
        """Return how often workers before this one have asked for a line."""
        return self._attempts.get((chunk, index), Attempts(chunk, index))

    def opened(self, chunk: int) -> None:
        """Let go of what was kept of a chunk that has been opened."""
        self._opened.add(chunk)
        self.found.answers[:] = [each for each in self.found.answers if each.chunk != chunk]

    def due(self, now: float, held: int) -> bool:
        """Tell whether it is time to save `held` bytes of answers."""
        return now - self._at >= SAVE_SECONDS + held / _SAVED_A_SECOND

    def save(
        self,
        opened: Iterable[OpenChunk],
        lines: Iterable[ShardLine],
        gates: list[KeptGate],
        now: float,
    ) -> None:
        """Save what is known of open chunks, and of those that have not been opened yet."""
        tried = [line.attempts for line in lines if line.tries]
        before = (each for each in self._attempts.values() if each.chunk not in self._opened)
        kept = Kept(
            answers=[
                *(each for chunk in opened for each in chunk.answers.values()),
                *self.found.answers,
            ],
            attempts=[*tried, *before],
            gates=gates,
        )
        self.put(kept.pieces())
        self.changes, self._at = 0, now
