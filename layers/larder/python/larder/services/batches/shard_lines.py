"""A line of a shard that has no answer yet, and when it is given up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from larder.domain.batch_answers import Attempts, upstream_away

if TYPE_CHECKING:
    from larder.domain.batch_answers import Answer, NoAnswer
    from larder.services.batches.gates import Gate
    from larder.services.batches.open_chunks import OpenChunk

MAX_FAILURES = 5
"""Failures of one line, while others are answered, after which the failure is its answer."""

MAX_FAILURES_ALONE = 30
"""Failures of one line that nothing can be compared with, after which it is its answer as well.

At least a quarter of an hour of an upstream that takes requests and fails at them. One that is
away, or says that it is overloaded, is waited for until the window closes.
"""

_MAX_BACKOFF = 60.0


@dataclass(slots=True)
class ShardLine:
    """A line, and how often it was asked for.

    `answers_seen` counts what the upstream had answered when the line was last sent, and
    `reserved` is the size that its answer was taken to have then.
    """

    chunk: OpenChunk
    index: int
    gate: Gate
    tries: int = 0
    failures: int = 0
    failures_alone: int = 0
    answers_seen: int = 0
    reserved: int = 0

    @property
    def attempts(self) -> Attempts:
        """What the worker after this one goes on from."""
        return Attempts(
            self.chunk.number, self.index, self.tries, self.failures, self.failures_alone
        )

    def fails_for_good(self, answer: Answer | NoAnswer) -> bool:
        """Count a failure, and tell whether it is the answer of the line."""
        self.failures += self.gate.answers > self.answers_seen
        self.failures_alone += not upstream_away(answer)
        return self.failures >= MAX_FAILURES or self.failures_alone >= MAX_FAILURES_ALONE

    def backoff(self, jitter: float) -> float:
        """Return the seconds until the next try: full jitter, `jitter` from 0 up to 1."""
        return min(_MAX_BACKOFF, 0.5 * 2.0 ** min(self.tries, 8)) * jitter
