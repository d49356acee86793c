"""Retry a batch: run the requests again that have no good answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from larder.domain.batch_files import retry_name
from larder.domain.batches import RETRY_OF, Batch, BatchStatus, window_seconds
from larder.domain.errors import ConflictError, InvalidParameterError, LarderError
from larder.domain.files import File, Purpose, expiry_of
from larder.domain.ids import created_at, new_batch_id, new_file_id
from larder.services.batches.get import get_batch
from larder.services.batches.start import START_GRACE, start_batch
from larder.services.quota import admit

if TYPE_CHECKING:
    from larder.domain.ids import BatchId, TenantId
    from larder.services.batches.ports import BatchRecords, Executions
    from larder.services.clock import Clock
    from larder.services.files.ports import FileRecords
    from larder.services.quota import HeldQuota, Reclaim


@dataclass(frozen=True, slots=True)
class RetryBatch:
    """Record a batch over what another one left, and start it.

    Its input is a file of the project like any other, admitted here under the quota: its size is
    known. Its bytes are written when the batch is planned, from what the other one kept.
    """

    batches: BatchRecords
    files: FileRecords
    executions: Executions
    reclaim: Reclaim
    held_quota: HeldQuota
    clock: Clock

    def __call__(self, tenant: TenantId, batch_id: str) -> Batch:
        """Return the new batch, in status `validating`.

        A batch is retried by one other. Where that has begun, or may still begin, it is returned:
        what it leaves in its turn is for its own retry.

        Raises:
            NotFoundError: the project has no such batch.
            ConflictError: the batch has not ended.
            InvalidParameterError: nothing is left to be retried.
            QuotaExceededError: the project has no room for the input.
            BatchLimitError: the project has as many batches or requests as it may have.
        """
        source = get_batch(tenant, batch_id, batches=self.batches)
        if not source.status.terminal:
            raise ConflictError(
                f"Batch {source.id} is {source.status}. Only what a batch has left at its end can "
                "be retried: wait for its end, or cancel it.",
                code="batch_running",
                permanent=True,
            )
        if source.retried_by is not None:
            retried = self.batches.get(tenant, source.retried_by)
            if retried is not None and not _never_began(retried):
                return self._started(tenant, retried)
        if _never_began(source):
            return self._all_of(tenant, source)
        if source.unanswered == 0:
            raise InvalidParameterError(
                f"Every request of {source.id} has a good answer: there is nothing to retry.",
                param="batch_id",
                code="nothing_to_retry",
            )
        file = self._input_of(source)
        admit(
            tenant,
            lambda: self.files.admit(tenant, file),
            reclaim=self.reclaim,
            held_quota=self.held_quota,
        )
        try:
            made = self._record(tenant, source, file, of=source.id, total=source.unanswered)
        except LarderError:
            # After another failure the batch may be there; if not, the sweeper releases the file.
            self.files.release(tenant, file)
            raise
        if made.input_file_id != file.id:
            self.files.release(tenant, file)
        return self._started(tenant, made)

    def _all_of(self, tenant: TenantId, source: Batch) -> Batch:
        """Retry a batch that never began: on its own input, which it has not copied."""
        file = self.files.get(tenant, source.input_file_id)
        if source.status is BatchStatus.FAILED or file is None or file.expired(self.clock()):
            raise InvalidParameterError(
                f"Batch {source.id} ended before it began, and its input is invalid or gone. "
                "Create a batch on a new file.",
                param="batch_id",
                code="nothing_to_retry",
            )
        return self._started(
            tenant, self._record(tenant, source, file, of=source.retry_of, total=0)
        )

    def _input_of(self, source: Batch) -> File:
        file_id = new_file_id(self.clock())
        return File(
            id=file_id,
            filename=retry_name(source.input_name),
            bytes=source.unanswered_bytes,
            purpose=Purpose.BATCH,
            mime_type="application/jsonl",
            expires_at=expiry_of(Purpose.BATCH, created_at(file_id), None),
        )

    def _record(
        self, tenant: TenantId, source: Batch, file: File, *, of: BatchId | None, total: int
    ) -> Batch:
        """Record the new batch, and return it, or the one that another request has recorded."""
        now = self.clock()
        batch_id = new_batch_id(now)
        batch = Batch(
            id=batch_id,
            input_file_id=file.id,
            input_name=file.filename,
            endpoint=source.endpoint,
            completion_window=source.completion_window,
            expires_at=created_at(batch_id) + window_seconds(source.completion_window),
            # One pair more than a client may give: none of the client's own is lost.
            metadata={**(source.metadata or {}), RETRY_OF: source.id},
            output_lifetime=source.output_lifetime,
            total=total,
            execution=1,
            retry_of=of,
        )
        check_at = int(now) + START_GRACE
        made = self.batches.create(tenant, batch, check_at=check_at, retrying=source)
        return batch if made == batch.id else get_batch(tenant, made, batches=self.batches)

    def _started(self, tenant: TenantId, batch: Batch) -> Batch:
        return start_batch(
            tenant, batch, batches=self.batches, executions=self.executions, clock=self.clock
        )


def _never_began(batch: Batch) -> bool:
    return batch.status.terminal and batch.in_progress_at is None
