"""What the use cases of batches need of the outside world."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from larder.domain.batches import Progress

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from contextlib import AbstractContextManager

    from larder.domain.batch_answers import Answer, NoAnswer
    from larder.domain.batch_plan import Plan
    from larder.domain.batches import Batch, BatchError, BatchStatus
    from larder.domain.files import File
    from larder.domain.ids import BatchId, FileId, TenantId
    from larder.domain.upstreams import Upstream


@dataclass(frozen=True, slots=True)
class BatchPage:
    """Some batches, the newest first; `has_more` says exactly whether another one follows."""

    batches: tuple[Batch, ...]
    has_more: bool


@dataclass(frozen=True, slots=True)
class Ending:
    """How a batch ends: its status, exact figures, and the files that it leaves."""

    status: BatchStatus
    progress: Progress
    output: File | None
    error: File | None
    at: int


@dataclass(frozen=True, slots=True)
class Finalizing:
    """What is chosen when finalizing begins: the files' ids, and whether the window had closed."""

    output: FileId
    error: FileId
    cut_short: bool


class BatchRecords(Protocol):
    """The records of batches. A change of the status is conditional on the one that it leaves."""

    def create(self, tenant: TenantId, batch: Batch, *, check_at: int) -> None:
        """Record a new batch, and have the sweeper look at it at `check_at`.

        Raises:
            BatchLimitError: the project's batches or their requests are as many as it may have.
        """

    def get(self, tenant: TenantId, batch_id: BatchId) -> Batch | None:
        """Return the batch as of now (strongly consistent)."""

    def page(self, tenant: TenantId, *, limit: int, after: BatchId | None) -> BatchPage:
        """Return the batches created before `after`, at most `limit` (strongly consistent)."""

    def begin(
        self, tenant: TenantId, batch: Batch, *, total: int, model: str | None, at: int
    ) -> bool:
        """Move the batch from `validating` to `in_progress`; False when it was moved already."""

    def fail(
        self, tenant: TenantId, batch: Batch, errors: Sequence[BatchError], *, at: int
    ) -> bool:
        """Move the batch from `validating` to `failed`; False when it was moved already.

        The input expires as after `end`.
        """

    def cancel(self, tenant: TenantId, batch: Batch, *, at: int) -> bool:
        """Move a batch that has not ended to `cancelling`; False when it has ended."""

    def stop(self, tenant: TenantId, batch: Batch, error: BatchError, *, at: int) -> bool:
        """Move the batch from `in_progress` to `finalizing` because of an error; it will fail.

        False when it was moved already.
        """

    def finalize(self, tenant: TenantId, batch: Batch, chosen: Finalizing, *, at: int) -> bool:
        """Choose once what the batch will leave, and announce the files.

        Moves `validating` and `in_progress` to `finalizing`; `cancelling` stays. False when it was
        chosen already, or the batch has changed.
        """

    def add_progress(self, tenant: TenantId, batch_id: BatchId, progress: Progress) -> None:
        """Add to the figures of a batch in progress; for show, until `end` sets exact ones."""

    def end(self, tenant: TenantId, batch: Batch, ending: Ending) -> bool:
        """Record the files, count them, and end the batch, in one transaction.

        The files are counted even above the quota: losing results is worse. The input expires a
        day from then at the latest, unless another batch runs on it. False when the batch has
        ended.
        """

    def reschedule(self, tenant: TenantId, batch: Batch, *, execution: int, check_at: int) -> bool:
        """Count an execution and move the sweeper's next look; False when the batch has changed."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """The answers to the lines of a chunk: lines for the output file, lines for the error file."""

    good: bytes
    bad: bytes
    progress: Progress


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

    def put_plan(self, tenant: TenantId, batch_id: BatchId, plan: Plan) -> None:
        """Store the plan, with the list of shards that the state machine maps over."""

    def get_plan(self, tenant: TenantId, batch_id: BatchId) -> Plan | None:
        """Return the plan, None before there is one."""

    def put_chunk(self, tenant: TenantId, batch_id: BatchId, number: int, chunk: Chunk) -> bool:
        """Store the answers of a chunk, once; False when they are stored already."""

    def stored_chunks(self, tenant: TenantId, batch_id: BatchId, chunks: range) -> set[int]:
        """Return which of those chunks are stored."""

    def get_chunk(self, tenant: TenantId, batch_id: BatchId, number: int) -> Chunk | None:
        """Return the answers of a chunk, None when they are not stored."""

    def put_partial(self, tenant: TenantId, batch_id: BatchId, shard: int, data: bytes) -> None:
        """Keep the answers of a shard's open chunks, in place of those kept before."""

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

    def clear(self, tenant: TenantId, batch_id: BatchId) -> None:
        """Delete everything that the batch kept while it ran."""


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

    def write(self, data: bytes) -> None:
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
    output: WriterState | None = None
    error: WriterState | None = None


class Executions(Protocol):
    """The executions of the state machine that runs batches."""

    def start(self, tenant: TenantId, batch_id: BatchId, execution: int) -> None:
        """Start the batch's execution of that number; one that was started already is enough."""

    def running(self, batch_id: BatchId, execution: int) -> bool:
        """Tell whether that execution is running."""


class UpstreamRecords(Protocol):
    """The operator's upstreams."""

    def list(self) -> Sequence[Upstream]:
        """Return every upstream, the oldest first."""

    def put(self, upstream: Upstream) -> None:
        """Record an upstream, in place of one of that name."""

    def remove(self, name: str) -> bool:
        """Remove the upstream; False when there is none of that name."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request on its way to an upstream: `line` is its index in the shard."""

    line: int
    upstream: Upstream
    endpoint: str
    body: bytes


class ModelCalls(Protocol):
    """Calls in flight."""

    def abandon(self) -> None:
        """Forget the calls in flight: their answers never come by `wait`."""

    def begin(self, call: Call) -> None:
        """Send the request; its answer comes by `wait`."""

    def wait(self, seconds: float) -> Sequence[tuple[Call, Answer | NoAnswer]]:
        """Return answers that have come, waiting up to `seconds` for the first one."""

    @property
    def in_flight(self) -> int:
        """The calls that have no answer yet."""


@dataclass(frozen=True, slots=True)
class Grant:
    """Requests that may be sent before `until` (unix seconds), and not after."""

    requests: int
    until: float


class RateLimits(Protocol):
    """What upstreams may be asked for, over all workers together."""

    def take(self, upstream: Upstream, now: float, *, requests: int, tokens: int) -> Grant:
        """Take up to that many requests of `tokens` each from what the window at `now` has left.

        A grant of no request says when to ask again.
        """
