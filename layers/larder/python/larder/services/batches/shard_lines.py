"""A line of a shard that has no answer yet, and when it is given up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from larder.domain.batch_answers import upstream_away
from larder.domain.batch_kept import Attempts

if TYPE_CHECKING:
    from larder.domain.batch_answers import Answer, NoAnswer
    from larder.services.batches.gates import Gate
    from larder.services.batches.open_chunks import OpenChunk

MAX_FAILURES = 5
"""Failures of one line, while others are answered, after which the failure is its answer."""

MAX_UNEXPLAINED = 30
"""Failures of one line after which the last one is its answer, whatever else happens.

At least a quarter of an hour of an upstream that takes requests and fails at them. One that is
away, or says that it is overloaded, is waited for until the window closes, unless it was away for
this line `MAX_FAILURES` times while it answered others.
"""

_MAX_BACKOFF = 60.0


@dataclass(slots=True)
class ShardLine:
    """A line, and how often it was asked for.

    `failures` are its own, while others were answered; `unexplained` are all that the upstream's
    being away does not explain. `answers_seen` counts what the upstream had answered when the line
    last failed, or was first sent; `reserved` is the size that its answer is taken to have, and
    `added` that of what is put into its request.
    """

    chunk: OpenChunk
    index: int
    gate: Gate
    tries: int = 0
    failures: int = 0
    unexplained: int = 0
    answers_seen: int | None = None
    reserved: int = 0
    added: int = 0

    @property
    def attempts(self) -> Attempts:
        """What the worker after this one goes on from."""
        return Attempts(self.chunk.number, self.index, self.tries, self.failures, self.unexplained)

    def sent(self, reserved: int) -> None:
        """Count a try, whose answer is taken to have `reserved` bytes."""
        self.tries += 1
        self.reserved = reserved
        if self.answers_seen is None:
            self.answers_seen = self.gate.answers

    def goes_through(self, gate: Gate) -> None:
        """Let the line pass this gate from now on."""
        if gate is not self.gate:
            self.gate, self.answers_seen = gate, None

    def fails_for_good(self, answer: Answer | NoAnswer) -> bool:
        """Count a failure, and tell whether it is the answer of the line."""
        others_answered = self.gate.answers > (self.answers_seen or 0)
        self.answers_seen = self.gate.answers
        its_own = not upstream_away(answer)
        self.failures += its_own and others_answered
        self.unexplained += its_own or others_answered or self.unexplained >= MAX_FAILURES
        return self.failures >= MAX_FAILURES or self.unexplained >= MAX_UNEXPLAINED

    def backoff(self, jitter: float) -> float:
        """Return the seconds until the next try: full jitter, `jitter` from 0 up to 1."""
        return min(_MAX_BACKOFF, 0.5 * 2.0 ** min(self.tries, 8)) * jitter
