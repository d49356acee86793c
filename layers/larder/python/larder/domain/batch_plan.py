"""How a batch is cut: lines into chunks, which make it exact, and chunks into shards.

A **chunk** is a run of at most 25 request lines, or of about 4 MiB. It is fixed when the batch is
planned, and its answers are stored once, as one object: that makes a line answered exactly once. A
**shard** is a run of 16 chunks that one worker works through; it only sets how much runs in
parallel. The counts of a batch move by chunks, so a batch of one shard is cut into 16 of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_CHUNK_LINES = 25
MAX_CHUNK_BYTES = 4 * 2**20
SHARD_CHUNKS = 16

_BLANK = b" \t\r"


@dataclass(frozen=True, slots=True)
class ChunkSpan:
    """Where the chunk is in the input: `length` bytes from `start` on, `lines` requests in it."""

    start: int
    length: int
    lines: int


@dataclass(frozen=True, slots=True)
class Plan:
    """The chunks of a batch, in input order."""

    chunks: tuple[ChunkSpan, ...]

    @property
    def total(self) -> int:
        """The request lines of the batch."""
        return sum(chunk.lines for chunk in self.chunks)

    def shards(self) -> range:
        """Return the numbers of the shards."""
        return range(-(-len(self.chunks) // SHARD_CHUNKS))

    def chunks_of(self, shard: int) -> range:
        """Return the numbers of the chunks in a shard."""
        first = shard * SHARD_CHUNKS
        return range(first, min(first + SHARD_CHUNKS, len(self.chunks)))


def lines_per_chunk(requests: int) -> int:
    """Return the most lines that a chunk has in a batch of that many requests.

    By it, a batch has no more shards than with the largest chunks, unless its lines are long.
    """
    return max(1, min(MAX_CHUNK_LINES, -(-requests // SHARD_CHUNKS)))


def plan_chunks(blocks: Iterable[bytes], most_lines: int = MAX_CHUNK_LINES) -> Plan:
    """Cut an input into chunks, in memory of two lines; blank lines are no requests."""
    chunks: list[ChunkSpan] = []
    start = end = lines = 0
    for line in physical_lines(blocks):
        if lines and (lines == most_lines or end - start + len(line) > MAX_CHUNK_BYTES):
            chunks.append(ChunkSpan(start, end - start, lines))
            start, lines = end, 0
        end += len(line)
        lines += not is_blank(line)
    if lines:
        chunks.append(ChunkSpan(start, end - start, lines))
    return Plan(tuple(chunks))


def physical_lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the lines of a file read in blocks, each with its line feed if it has one."""
    pieces: list[bytes] = []
    for block in blocks:
        lines = block.splitlines(keepends=True) if b"\r" not in block else _split(block)
        for line in lines:
            pieces.append(line)
            if line.endswith(b"\n"):
                yield b"".join(pieces)
                pieces.clear()
    if pieces:
        yield b"".join(pieces)


def _split(block: bytes) -> list[bytes]:
    """Split at line feeds alone, where `splitlines` would also split at carriage returns."""
    *lines, last = block.split(b"\n")
    return [line + b"\n" for line in lines] + ([last] if last else [])


def request_lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the request lines of an input, each as it is copied: with one line feed at its end."""
    return (as_copied(line) for line in physical_lines(blocks) if not is_blank(line))


def as_copied(line: bytes) -> bytes:
    """Return the line with one line feed at its end, as it comes into the input of a retry."""
    return line.rstrip(b"\r\n") + b"\n"


def is_blank(line: bytes) -> bool:
    """Tell whether the line holds nothing but white space, so that it is no request."""
    return not line.strip(_BLANK + b"\n")
