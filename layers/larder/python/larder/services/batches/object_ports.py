"""What a batch keeps as objects while it runs, and how its output files are written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from larder.domain.batches import Progress

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from contextlib import AbstractContextManager

    from larder.domain.batch_plan import Plan
    from larder.domain.ids import BatchId, FileId, TenantId


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Requests without a good answer: their numbers, and the bytes of their lines in an input.

    Numbers begin with 0 in the chunk, or in the whole input.
    """

    lines: tuple[int, ...] = ()
    bytes: int = 0

    def __add__(self, other: Unanswered) -> Unanswered:
        return Unanswered(self.lines + other.lines, self.bytes + other.bytes)

    def shifted(self, before: int) -> Unanswered:
        """Return the same, counted from `before` lines earlier on."""
        return Unanswered(tuple(line + before for line in self.lines), self.bytes)


@dataclass(frozen=True, slots=True)
class Chunk:
    """The answers to the lines of a chunk: `good_size` bytes for the output file, then the others.

    They are one piece, which may have 200 MiB and is not copied.
    """

    data: bytes
    good_size: int
    progress: Progress
    unanswered: Unanswered = field(default_factory=Unanswered)

    @property
    def good(self) -> memoryview:
        """The lines for the output file."""
        return memoryview(self.data)[: self.good_size]

    @property
    def bad(self) -> memoryview:
        """The lines for the error file."""
        return memoryview(self.data)[self.good_size :]


class BatchObjects(Protocol):
    """What a batch keeps while it runs: its input, its plan and its answers."""

    def copy_input(self, tenant: TenantId, file_id: FileId, batch_id: BatchId) -> bool:
        """Copy the file's bytes, so that the batch can do without the file; False without bytes."""

    def open_input(
        self, tenant: TenantId, batch_id: BatchId
    ) -> AbstractContextManager[Iterable[bytes]]:
        """Open the input as small blocks.

        Raises:
            LookupError: the batch has ended, and what it kept was cleared.
        """

    def read_input(self, tenant: TenantId, batch_id: BatchId, start: int, length: int) -> bytes:
        """Return a part of the input.

        Raises:
            LookupError: the batch has ended, and what it kept was cleared.
        """

    def put_pinned(self, tenant: TenantId, batch_id: BatchId, data: bytes) -> None:
        """Keep what the requests refer to."""

    def get_pinned(self, tenant: TenantId, batch_id: BatchId) -> bytes:
        """Return what the requests refer to, empty when none does."""

    def put_plan(self, tenant: TenantId, batch_id: BatchId, plan: Plan) -> Plan:
        """Store the plan, with the list of shards that the state machine maps over, once.

        Returns the plan that is stored: another planner, of another version even, may be first.

        Raises:
            LookupError: the batch has ended, and what it kept was cleared.
        """

    def get_plan(self, tenant: TenantId, batch_id: BatchId) -> Plan | None:
        """Return the plan, None before there is one."""

    def put_chunk(self, tenant: TenantId, batch_id: BatchId, number: int, chunk: Chunk) -> bool:
        """Store the answers of a chunk, once; False when they are stored already."""

    def stored_chunks(self, tenant: TenantId, batch_id: BatchId, chunks: range) -> dict[int, int]:
        """Return which of those chunks are stored, with their sizes in bytes."""

    def get_chunk(self, tenant: TenantId, batch_id: BatchId, number: int) -> Chunk | None:
        """Return the answers of a chunk, None when they are not stored."""

    def put_partial(
        self, tenant: TenantId, batch_id: BatchId, shard: int, pieces: Iterable[bytes]
    ) -> None:
        """Keep the answers of a shard's open chunks, in place of those kept before.

        The pieces are one after the other in what `get_partial` returns.
        """

    def get_partial(self, tenant: TenantId, batch_id: BatchId, shard: int) -> bytes:
        """Return the answers of a shard's open chunks, empty when none are kept."""

    def open_output(
        self, tenant: TenantId, file_id: FileId, state: WriterState | None
    ) -> OutputWriter:
        """Begin the bytes of an output file, or go on where a writer was suspended."""

    def put_finish(self, tenant: TenantId, batch_id: BatchId, state: FinishState) -> None:
        """Keep how far the joining has come."""

    def get_finish(self, tenant: TenantId, batch_id: BatchId) -> FinishState:
        """Return how far the joining has come."""

    def put_unanswered(self, tenant: TenantId, batch_id: BatchId, lines: Sequence[int]) -> None:
        """Keep which requests of the input have no good answer, in order."""

    def get_unanswered(self, tenant: TenantId, batch_id: BatchId) -> Sequence[int] | None:
        """Return which requests of the input have no good answer; None when that is not kept."""

    def clear(self, tenant: TenantId, batch_id: BatchId, *, for_retry: bool) -> None:
        """Delete what the batch kept while it ran; `for_retry` spares what its retry needs.

        That is the input, what it refers to, and which of its requests have no good answer.
        """


@dataclass(frozen=True, slots=True)
class WriterState:
    """An output file that is half written: the parts that S3 has, and the bytes after them."""

    multipart_id: str
    etags: tuple[str, ...]
    tail: bytes
    size: int


class OutputLostError(Exception):
    """The parts of a half-written output file are gone, and nobody has made the file."""


class OutputWriter(Protocol):
    """The bytes of an output file, written in order, in bounded memory.

    All writers of one file write the same bytes in the same parts, so that any of them may finish
    what another began.
    """

    @property
    def size(self) -> int:
        """The bytes written so far."""

    def write(self, data: bytes | memoryview) -> None:
        """Append bytes.

        Raises:
            OutputLostError: what the writer goes on from is gone.
        """

    def suspend(self) -> WriterState:
        """Return what another writer goes on from."""

    def finish(self) -> None:
        """Make the file, unless another writer has made it.

        Raises:
            OutputLostError: what was written is gone.
        """


@dataclass(frozen=True, slots=True)
class FinishState:
    """How far the joining of chunks has come: those before `next_chunk` are written."""

    next_chunk: int = 0
    progress: Progress = field(default_factory=Progress)
    unanswered: Unanswered = field(default_factory=Unanswered)
    output: WriterState | None = None
    error: WriterState | None = None
