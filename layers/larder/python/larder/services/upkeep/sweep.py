"""Collect what has fallen due: expired files, abandoned uploads, bytes never validated.

Everything here also happens by another way (a request that reclaims, DynamoDB's TTL, the queue's
redelivery); the sweeper makes it happen on time when that way has failed.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from larder.domain.files import VALIDATION_GRACE, FileStatus
from larder.domain.folders import CLEARING_GRACE
from larder.domain.projects import AUDIT_INTERVAL
from larder.domain.uploads import UploadStatus
from larder.services.space.ports import FolderCleanup
from larder.services.upkeep.audit import NO_DRIFT, audit_counters
from larder.services.upkeep.reclaim import expire_upload, purge_expired

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder.domain.ids import FileId, FolderId, TenantId, UploadId
    from larder.services.clock import Clock
    from larder.services.files.ports import FileRecords, ValidationQueue
    from larder.services.object_store import ObjectStore
    from larder.services.projects.ports import Count, UsageRecords
    from larder.services.space.ports import CleanupQueue, FolderRecords, TrashRecords
    from larder.services.upkeep.ports import Deadlines, DueWork
    from larder.services.uploads.part_store import PartStore
    from larder.services.uploads.ports import UploadRecords


class Outcome(StrEnum):
    """What the sweeper did with one thing that was due."""

    EXPIRED = "expired"
    ABANDONED = "abandoned"
    PARTS_CLEARED = "parts_cleared"
    ANNOUNCED_AGAIN = "announced_again"
    FOLDER_TAKEN_UP = "folder_taken_up"
    COUNTERS_EXACT = "counters_exact"
    COUNTERS_DRIFTED = "counters_drifted"
    COUNTERS_BUSY = "counters_busy"
    NOTHING_TO_DO = "nothing_to_do"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Swept:
    """What became of one thing that was due; `drift` is an audit's: as kept, minus as counted."""

    work: DueWork
    outcome: Outcome
    drift: Count = NO_DRIFT
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class Sweeper:
    """The ports that sweeping needs."""

    files: FileRecords
    trash: TrashRecords
    folders: FolderRecords
    uploads: UploadRecords
    usage: UsageRecords
    deadlines: Deadlines
    objects: ObjectStore
    parts: PartStore
    validation_queue: ValidationQueue
    cleanups: CleanupQueue
    clock: Clock

    def sweep(
        self, *, keep_going: Callable[[], bool], report: Callable[[Swept], None]
    ) -> Counter[Outcome]:
        """Work off what is due while `keep_going()`; one failure does not keep up the rest.

        Returns how often each outcome came about; `report` is told of each.
        """
        outcomes: Counter[Outcome] = Counter()
        for work in self.deadlines.due(self.clock()):
            if not keep_going():
                break
            try:
                swept = self._sweep_one(work)
            except Exception as error:  # noqa: BLE001 - reported; the next sweep finds it again
                swept = Swept(work, Outcome.FAILED, error=error)
            outcomes[swept.outcome] += 1
            report(swept)
        return outcomes

    def _sweep_one(self, work: DueWork) -> Swept:
        if work.file_id is not None and work.trashed:
            purged = purge_expired(work.tenant, work.file_id, trash=self.trash, now=self.clock())
            return Swept(work, Outcome.EXPIRED if purged else Outcome.NOTHING_TO_DO)
        if work.file_id is not None:
            return Swept(work, self._file(work.tenant, work.file_id))
        if work.folder_id is not None:
            return Swept(work, self._folder(work.tenant, work.folder_id))
        if work.upload_id is not None:
            return Swept(work, self._upload(work.tenant, work.upload_id))
        return self._audit(work)

    def _folder(self, tenant: TenantId, folder_id: FolderId) -> Outcome:
        folder = self.folders.get(tenant, folder_id)
        if folder is None or not folder.deleting:
            return Outcome.NOTHING_TO_DO
        self.cleanups.enqueue(tenant, FolderCleanup(folder_id))
        self.folders.close(tenant, folder_id, int(self.clock()) + CLEARING_GRACE)
        return Outcome.FOLDER_TAKEN_UP

    def _upload(self, tenant: TenantId, upload_id: UploadId) -> Outcome:
        ended = expire_upload(tenant, upload_id, uploads=self.uploads, now=self.clock())
        upload = self.uploads.get(tenant, upload_id)
        if upload is None or upload.status is UploadStatus.PENDING:
            return Outcome.NOTHING_TO_DO
        if upload.leaves_parts:
            self.parts.clear(tenant, upload)
            self.uploads.cleared(tenant, upload)
            return Outcome.EXPIRED if ended else Outcome.PARTS_CLEARED
        return Outcome.EXPIRED if ended else Outcome.NOTHING_TO_DO

    def _file(self, tenant: TenantId, file_id: FileId) -> Outcome:
        now = self.clock()
        file = self.files.get(tenant, file_id)
        if file is None:
            return Outcome.NOTHING_TO_DO
        if file.expired(now):
            released = self.files.release(tenant, file)
            return Outcome.EXPIRED if released else Outcome.NOTHING_TO_DO
        age = int(now) - file.created_at
        if file.status is not FileStatus.UPLOADED or age < VALIDATION_GRACE:
            return Outcome.NOTHING_TO_DO
        if self.objects.stat(tenant, file_id) is None:
            # Its creation stopped between the record and the bytes.
            released = self.files.release(tenant, file)
            return Outcome.ABANDONED if released else Outcome.NOTHING_TO_DO
        self.validation_queue.enqueue(tenant, file_id)
        # Ever more rarely, so that bytes which crash their validation do not keep it busy.
        later = int(now) + max(age, VALIDATION_GRACE)
        self.files.reschedule_check(
            tenant, file_id, later if file.expires_at is None else min(later, file.expires_at)
        )
        return Outcome.ANNOUNCED_AGAIN

    def _audit(self, work: DueWork) -> Swept:
        audit = audit_counters(work.tenant, usage=self.usage)
        if audit is None:
            return Swept(work, Outcome.NOTHING_TO_DO)
        self.usage.schedule_audit(work.tenant, int(self.clock()) + AUDIT_INTERVAL)
        if audit.disturbed:
            return Swept(work, Outcome.COUNTERS_BUSY)
        if audit.drift == NO_DRIFT:
            return Swept(work, Outcome.COUNTERS_EXACT)
        return Swept(work, Outcome.COUNTERS_DRIFTED, drift=audit.drift)
