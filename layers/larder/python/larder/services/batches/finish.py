"""End a batch: close what is open, join the answers, and record the files."""

from __future__ import annotations

import hashlib
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from larder.domain.batch_answers import error_line
from larder.domain.batch_files import output_names
from larder.domain.batch_kept import KeptAnswer, decode_kept
from larder.domain.batches import BatchStatus
from larder.domain.files import File, FileStatus, Purpose, expiry_of
from larder.domain.ids import created_at, new_file_id, new_request_id
from larder.services.batches.in_order import in_order
from larder.services.batches.object_ports import FinishState, OutputLostError
from larder.services.batches.open_chunks import open_chunk
from larder.services.batches.plan import Next
from larder.services.batches.ports import Ending, Finalizing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from larder.domain.batch_plan import Plan
    from larder.domain.batches import Batch
    from larder.domain.ids import BatchId, FileId, TenantId
    from larder.services.batches.object_ports import BatchObjects, OutputWriter
    from larder.services.batches.ports import BatchRecords
    from larder.services.clock import Clock

THREADS = 16
"""Chunks that are read or closed at the same time: 2,000 take seconds so, not minutes."""

MOST_BYTES = 64 * 2**20
"""Bytes of the chunks that are in memory at the same time, unless a single one has more."""

_NEVER_RUN = {
    BatchStatus.EXPIRED: (
        "batch_expired",
        "The completion window closed before this request was run.",
    ),
    BatchStatus.CANCELLED: ("batch_cancelled", "The batch was cancelled before this request ran."),
}


def finish_batch(
    tenant: TenantId,
    batch_id: BatchId,
    *,
    keep_going: Callable[[], bool],
    batches: BatchRecords,
    batch_objects: BatchObjects,
    clock: Clock,
    threads: int = THREADS,
) -> Next:
    """Turn the answers of a batch into its files. Any number of finishers may run at once.

    Returns what comes next: `stop` once the batch has ended, `run` when lines are still to be
    asked for, and `finish` when the time ran out half-way.
    """
    return _Finisher(batches, batch_objects, clock, threads).finish(tenant, batch_id, keep_going)


@dataclass(frozen=True, slots=True)
class _Finisher:
    batches: BatchRecords
    batch_objects: BatchObjects
    clock: Clock
    threads: int

    def finish(self, tenant: TenantId, batch_id: BatchId, keep_going: Callable[[], bool]) -> Next:
        batch = self.batches.get(tenant, batch_id)
        if batch is None or batch.status.terminal:
            for_retry = batch is not None and batch.unanswered_bytes > 0
            self.batch_objects.clear(tenant, batch_id, for_retry=for_retry)
            return Next.STOP
        planned = batch.in_progress_at is not None
        plan = self.batch_objects.get_plan(tenant, batch_id) if planned else None
        stored = {} if plan is None else self._stored(tenant, batch, plan)
        missing = set[int]() if plan is None else set(range(len(plan.chunks))) - stored.keys()
        now = self.clock()
        unfinished = batch.status is BatchStatus.VALIDATING or (
            batch.status is BatchStatus.IN_PROGRESS and missing
        )
        if unfinished and not batch.overdue(now):
            return Next.RUN
        if batch.reserved_output is None:
            cut_short = plan is None or bool(missing)
            chosen = Finalizing(new_file_id(now), new_file_id(now), cut_short)
            self.batches.finalize(tenant, batch, chosen, at=int(now))
            return Next.FINISH
        ends_as = _ends_as(batch)
        if plan is None:
            never_began = Ending(ends_as, 0, batch.progress, None, None, int(now))
            return self._end(tenant, batch, never_began)
        for shard in plan.shards():
            open_ones = missing.intersection(plan.chunks_of(shard))
            if open_ones:
                self._close(tenant, batch, plan, shard, open_ones, ends_as)
                if not keep_going():
                    return Next.FINISH
        sizes = self._stored(tenant, batch, plan) if missing else stored
        try:
            following = self._join(tenant, batch, plan, sizes, ends_as, keep_going)
        except OutputLostError:
            # Left half written for a day, S3 has given it up: it is written again.
            self.batch_objects.put_finish(tenant, batch.id, FinishState())
            following = Next.FINISH
        return following

    def _stored(self, tenant: TenantId, batch: Batch, plan: Plan) -> dict[int, int]:
        return self.batch_objects.stored_chunks(tenant, batch.id, range(len(plan.chunks)))

    def _close(
        self,
        tenant: TenantId,
        batch: Batch,
        plan: Plan,
        shard: int,
        numbers: set[int],
        ends_as: BatchStatus,
    ) -> None:
        """Store chunks of a shard: the answers that were kept, an error line for the rest."""
        objects = self.batch_objects
        kept = decode_kept(objects.get_partial(tenant, batch.id, shard))

        def close(number: int) -> None:
            span = plan.chunks[number]
            data = objects.read_input(tenant, batch.id, span.start, span.length)
            chunk = open_chunk(number, data, kept)
            if ends_as in _NEVER_RUN:
                code, message = _NEVER_RUN[ends_as]
                for index in list(chunk.unanswered()):
                    line_id = new_request_id(self.clock())
                    line = error_line(line_id, chunk.requests[index].custom_id, code, message)
                    chunk.answers[index] = KeptAnswer(number, index, good=False, line=line)
            objects.put_chunk(tenant, batch.id, number, chunk.close())

        sizes = dict.fromkeys(numbers, 0)
        for number in numbers:
            sizes[number] += plan.chunks[number].length
        for answer in kept.answers:
            if answer.chunk in sizes:
                sizes[answer.chunk] += len(answer.line)
        deque(self._in_order(close, sorted(sizes.items())), maxlen=0)

    def _in_order[Result](
        self, call: Callable[[int], Result], chunks: Iterable[tuple[int, int]]
    ) -> Iterator[Result]:
        return in_order(call, chunks, threads=self.threads, most_bytes=MOST_BYTES)

    def _join(
        self,
        tenant: TenantId,
        batch: Batch,
        plan: Plan,
        sizes: Mapping[int, int],
        ends_as: BatchStatus,
        keep_going: Callable[[], bool],
    ) -> Next:
        """Write the chunks, of these `sizes` in bytes, into the two files, and end the batch."""
        objects = self.batch_objects
        assert batch.reserved_output is not None  # noqa: S101 - the caller has looked
        assert batch.reserved_error is not None  # noqa: S101
        state = objects.get_finish(tenant, batch.id)
        output = objects.open_output(tenant, batch.reserved_output, state.output)
        error = objects.open_output(tenant, batch.reserved_error, state.error)
        digests = None if state.next_chunk else (hashlib.sha256(), hashlib.sha256())
        progress, unanswered = state.progress, state.unanswered
        before = sum(chunk.lines for chunk in plan.chunks[: state.next_chunk])
        numbers = range(state.next_chunk, len(plan.chunks))
        chunks = self._in_order(
            lambda number: objects.get_chunk(tenant, batch.id, number),
            ((number, sizes.get(number, 0)) for number in numbers),
        )
        for number in numbers:
            if not keep_going():
                objects.put_finish(
                    tenant,
                    batch.id,
                    FinishState(number, progress, unanswered, output.suspend(), error.suspend()),
                )
                return Next.FINISH
            chunk = next(chunks)
            if chunk is None:
                # Another finisher has ended the batch, and cleared what it kept.
                return self.finish(tenant, batch.id, keep_going)
            output.write(chunk.good)
            error.write(chunk.bad)
            progress += chunk.progress
            unanswered += chunk.unanswered.shifted(before)
            before += plan.chunks[number].lines
            if digests is not None:
                digests[0].update(chunk.good)
                digests[1].update(chunk.bad)
            # Not kept while the next ones are read.
            del chunk
        names = output_names(batch.input_name)
        sha256 = (None, None) if digests is None else tuple(each.hexdigest() for each in digests)
        ending = Ending(
            status=ends_as,
            total=plan.total,
            progress=progress,
            output=_file(batch, batch.reserved_output, names[0], output, sha256[0]),
            error=_file(batch, batch.reserved_error, names[1], error, sha256[1]),
            at=int(self.clock()),
            unanswered_bytes=unanswered.bytes,
        )
        if unanswered.lines:
            objects.put_unanswered(tenant, batch.id, unanswered.lines)
        return self._end(tenant, batch, ending)

    def _end(self, tenant: TenantId, batch: Batch, ending: Ending) -> Next:
        if self.batches.end(tenant, batch, ending):
            for_retry = ending.unanswered_bytes > 0
            self.batch_objects.clear(tenant, batch.id, for_retry=for_retry)
            return Next.STOP
        return Next.FINISH


def _ends_as(batch: Batch) -> BatchStatus:
    """Return the status that the batch ends with."""
    if batch.status is BatchStatus.CANCELLING:
        return BatchStatus.CANCELLED
    if batch.errors:
        return BatchStatus.FAILED
    return BatchStatus.EXPIRED if batch.cut_short else BatchStatus.COMPLETED


def _file(
    batch: Batch, file_id: FileId, name: str, writer: OutputWriter, sha256: str | None
) -> File | None:
    """Make the file and return its record; None when nothing was written: no file is empty."""
    if writer.size == 0:
        return None
    writer.finish()
    return File(
        id=file_id,
        filename=name,
        bytes=writer.size,
        purpose=Purpose.BATCH_OUTPUT,
        mime_type="application/jsonl",
        expires_at=expiry_of(Purpose.BATCH_OUTPUT, created_at(file_id), batch.output_lifetime),
        status=FileStatus.PROCESSED,
        sha256=sha256,
    )
