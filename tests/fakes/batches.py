"""The records of batches in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from larder.domain.batches import MAX_ENQUEUED, MAX_RUNNING, BatchLoad, BatchStatus
from larder.domain.errors import BatchLimitError, NotFoundError
from larder.domain.files import DAY, FileStatus
from larder.domain.ids import created_at
from larder.domain.quota import NOTHING
from larder.services.batches.ports import BatchPage
from tests.fakes.store import FileRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from larder.domain.admin_log import LogEntry
    from larder.domain.batches import Batch, BatchError, Progress
    from larder.domain.ids import BatchId, TenantId
    from larder.services.batches.ports import Ending, Finalizing
    from tests.fakes.store import InMemoryStore


class InMemoryBatchLimits:
    """`BatchLimits` and `BatchLimitRecords` in memory."""

    def __init__(self, batches: InMemoryBatches) -> None:
        self._batches = batches

    def get(self, tenant: TenantId) -> BatchLoad:
        return self._batches.load(tenant)

    def set(
        self,
        tenant: TenantId,
        *,
        batches: int | None,
        requests: int | None,
        entry: LogEntry | None = None,
    ) -> None:
        self._batches.log.add(entry)
        most, most_requests = self._batches.limits.get(tenant, (MAX_RUNNING, MAX_ENQUEUED))
        self._batches.limits[tenant] = (
            most if batches is None else batches,
            most_requests if requests is None else requests,
        )


class InMemoryBatches:
    """`BatchRecords` in memory; `limits` are those that the operator has set."""

    def __init__(self, store: InMemoryStore) -> None:
        self._store = store
        self.batches: dict[tuple[TenantId, BatchId], Batch] = {}
        self.limits: dict[TenantId, tuple[int, int]] = {}
        self.log = store.log
        self.requests: dict[tuple[TenantId, str], BatchId] = {}

    def create(
        self,
        tenant: TenantId,
        batch: Batch,
        *,
        check_at: int,
        request: str | None = None,
        retrying: Batch | None = None,
    ) -> BatchId:
        with self._store.transaction():
            made = self.requests.get((tenant, request or ""))
            if made is not None and created_at(made) + DAY > batch.created_at:
                return made
            if retrying is not None:
                source = self.batches.get((tenant, retrying.id))
                if source is None:
                    raise NotFoundError("Batch", retrying.id)
                if source.retried_by is not None and source.retried_by != retrying.retried_by:
                    return source.retried_by
            self._check_room(tenant, batch.total, another=1)
            self._store.check_growth(tenant)
            if retrying is not None:
                source = self.batches[tenant, retrying.id]
                self.batches[tenant, source.id] = replace(source, retried_by=batch.id)
            self.batches[tenant, batch.id] = batch
            self._store.batches_due[tenant, batch.id] = check_at
            if request is not None:
                self.requests[tenant, request] = batch.id
            return batch.id

    def _check_room(self, tenant: TenantId, requests: int, *, another: int) -> None:
        load = self.load(tenant)
        full = another and load.batches >= load.batches_limit
        if full or load.requests + max(1, requests) > load.requests_limit:
            raise BatchLimitError(load, requests)

    def load(self, tenant: TenantId) -> BatchLoad:
        running = self._running(tenant)
        most, most_requests = self.limits.get(tenant, (MAX_RUNNING, MAX_ENQUEUED))
        requests = sum(each.total for each in running)
        return BatchLoad(len(running), most, requests, most_requests)

    def _running(self, tenant: TenantId) -> list[Batch]:
        return [
            batch
            for (owner, _), batch in self.batches.items()
            if owner == tenant and not batch.status.terminal
        ]

    def get(self, tenant: TenantId, batch_id: BatchId) -> Batch | None:
        return self.batches.get((tenant, batch_id))

    def page(self, tenant: TenantId, *, limit: int, after: BatchId | None) -> BatchPage:
        found = sorted(
            (batch for (owner, _), batch in self.batches.items() if owner == tenant),
            key=lambda batch: batch.id,
            reverse=True,
        )
        older = [batch for batch in found if after is None or batch.id < after]
        return BatchPage(tuple(older[:limit]), has_more=len(older) > limit)

    def _move(
        self, tenant: TenantId, batch: Batch, leaving: set[BatchStatus], **changes: object
    ) -> bool:
        with self._store.transaction():
            current = self.batches.get((tenant, batch.id))
            if current is None or current.status not in leaving:
                return False
            self.batches[tenant, batch.id] = replace(current, **changes)  # type: ignore[arg-type]
            return True

    def begin(
        self, tenant: TenantId, batch: Batch, *, total: int, model: str | None, at: int
    ) -> bool:
        with self._store.transaction():
            current = self.batches.get((tenant, batch.id))
            if current is None or current.status is not BatchStatus.VALIDATING:
                return False
            if total > batch.total:
                self._check_room(tenant, total - batch.total, another=0)
            return self._move(
                tenant,
                batch,
                {BatchStatus.VALIDATING},
                status=BatchStatus.IN_PROGRESS,
                total=total,
                model=model,
                in_progress_at=at,
            )

    def fail(
        self, tenant: TenantId, batch: Batch, errors: Sequence[BatchError], *, at: int
    ) -> bool:
        with self._store.transaction():
            failed = self._move(
                tenant,
                batch,
                {BatchStatus.VALIDATING},
                status=BatchStatus.FAILED,
                errors=tuple(errors),
                ended_at=at,
            )
            if failed:
                self._close(tenant, batch, at)
            return failed

    def cancel(self, tenant: TenantId, batch: Batch, *, at: int) -> bool:
        open_statuses = {BatchStatus.VALIDATING, BatchStatus.IN_PROGRESS, BatchStatus.FINALIZING}
        return self._move(
            tenant, batch, open_statuses, status=BatchStatus.CANCELLING, cancelling_at=at
        )

    def stop(self, tenant: TenantId, batch: Batch, error: BatchError, *, at: int) -> bool:
        return self._move(
            tenant,
            batch,
            {BatchStatus.IN_PROGRESS},
            status=BatchStatus.FINALIZING,
            errors=(error,),
            finalizing_at=at,
        )

    def finalize(self, tenant: TenantId, batch: Batch, chosen: Finalizing, *, at: int) -> bool:
        with self._store.transaction():
            current = self._as_read(tenant, batch)
            if current is None or current.reserved_output is not None:
                return False
            status = current.status
            if status is not BatchStatus.CANCELLING:
                status = BatchStatus.FINALIZING
            self.batches[tenant, batch.id] = replace(
                current,
                status=status,
                reserved_output=chosen.output,
                reserved_error=chosen.error,
                cut_short=chosen.cut_short,
                finalizing_at=current.finalizing_at or at,
            )
            self._store.announced |= {(tenant, chosen.output), (tenant, chosen.error)}
            return True

    def add_progress(self, tenant: TenantId, batch_id: BatchId, progress: Progress) -> None:
        current = self.batches.get((tenant, batch_id))
        if current is not None and not current.status.terminal:
            self.batches[tenant, batch_id] = replace(current, progress=current.progress + progress)

    def end(self, tenant: TenantId, batch: Batch, ending: Ending) -> bool:
        with self._store.transaction():
            current = self._as_read(tenant, batch)
            if current is None:
                return False
            for file in (ending.output, ending.error):
                if file is not None:
                    self._store.files[tenant, file.id] = FileRow.new(file, ending.at)
                    self._store.count(tenant, left=NOTHING - file.amount, reserved=NOTHING)
            self.batches[tenant, batch.id] = replace(
                current,
                status=ending.status,
                total=ending.total,
                unanswered_bytes=ending.unanswered_bytes,
                progress=ending.progress,
                output_file_id=None if ending.output is None else ending.output.id,
                error_file_id=None if ending.error is None else ending.error.id,
                ended_at=ending.at,
            )
            for reserved in (batch.reserved_output, batch.reserved_error):
                if reserved is not None:
                    self._store.announced.discard((tenant, reserved))
            self._close(tenant, batch, ending.at)
            return True

    def _as_read(self, tenant: TenantId, batch: Batch) -> Batch | None:
        """Return the batch while its status is the one that was read, and not its last."""
        current = self.batches.get((tenant, batch.id))
        unchanged = current is not None and current.status is batch.status
        return current if unchanged and not batch.status.terminal else None

    def _close(self, tenant: TenantId, batch: Batch, at: int) -> None:
        del self._store.batches_due[tenant, batch.id]
        self._reclaim_input(tenant, batch, at)

    def _reclaim_input(self, tenant: TenantId, batch: Batch, at: int) -> None:
        row = self._store.files.get((tenant, batch.input_file_id))
        others = [each for each in self._running(tenant) if each.id != batch.id]
        if row is None or any(each.input_file_id == batch.input_file_id for each in others):
            return
        if row.file.expired(at + DAY):
            return
        row.file = replace(row.file, expires_at=at + DAY)
        if row.file.status is not FileStatus.UPLOADED:
            row.due_at = at + DAY

    def reschedule(self, tenant: TenantId, batch: Batch, *, execution: int, check_at: int) -> bool:
        with self._store.transaction():
            current = self.batches.get((tenant, batch.id))
            if current is None or current.status.terminal:
                return False
            if current.execution != batch.execution:
                return False
            self.batches[tenant, batch.id] = replace(current, execution=execution)
            self._store.batches_due[tenant, batch.id] = check_at
            return True
