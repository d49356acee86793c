"""What a worker keeps of a shard that is not done, for the worker after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from larder.domain.batch_answers import MAX_ANSWER_BYTES
from larder.domain.batches import Progress, TokenUsage

if TYPE_CHECKING:
    from collections.abc import Iterator

UNKNOWN_BYTES = MAX_ANSWER_BYTES // 2
"""What an answer of an upstream is taken to have before any has come."""


class KeptAnswer(msgspec.Struct, frozen=True, array_like=True):
    """The finished line of a request in a chunk that is still open; `index` counts in the chunk."""

    chunk: int
    index: int
    good: bool
    line: bytes
    usage: tuple[int, int, int, int] = (0, 0, 0, 0)

    @property
    def progress(self) -> Progress:
        """What the line adds to the batch's figures."""
        return Progress(int(self.good), int(not self.good), TokenUsage(*self.usage))


class Attempts(msgspec.Struct, frozen=True, array_like=True):
    """How often a line without an answer was asked for, and how often it failed by itself.

    `failures` are those while others were answered, `unexplained` all but an upstream's absence.
    """

    chunk: int
    index: int
    tries: int = 0
    failures: int = 0
    unexplained: int = 0


class KeptGate(msgspec.Struct, frozen=True, array_like=True):
    """What a worker knows of the upstream at an address.

    `closed_until` in unix seconds, `longest` the bytes of the longest answer of late.
    """

    base_url: str
    window: float
    closed_until: float
    unreachable: int
    longest: float = UNKNOWN_BYTES / 2


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """What a worker keeps of its open chunks and its upstreams, for the worker after it."""

    answers: list[KeptAnswer] = []
    attempts: list[Attempts] = []
    gates: list[KeptGate] = []

    def pieces(self) -> Iterator[bytes]:
        """Yield it as bytes, an answer at a time: all together they may have 200 MiB."""
        # An array of three, whose first is an array with a count of four bytes.
        yield b"\x93\xdd" + len(self.answers).to_bytes(4, "big")
        yield from map(msgspec.msgpack.encode, self.answers)
        yield msgspec.msgpack.encode(self.attempts)
        yield msgspec.msgpack.encode(self.gates)


def decode_kept(data: bytes) -> Kept:
    """Return what is kept in the bytes; nothing in no bytes."""
    return _KEPT.decode(data) if data else Kept()


_KEPT = msgspec.msgpack.Decoder(Kept)
