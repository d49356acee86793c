"""What the sweeper does with each kind of item.

A kind is a class in `ports.py`, a line in `SWEEPERS`, and a line in the adapter that reads its
key. The index of due items lags, so each sweeper reads the record first: there is nothing to do
if the item is gone or no longer due.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from larder.domain.errors import (
    ConflictError,
    ContentionError,
    InvalidParameterError,
    ProjectFullError,
)
from larder.domain.files import VALIDATION_GRACE, FileStatus
from larder.domain.folders import CLEARING_GRACE
from larder.domain.projects import AUDIT_INTERVAL
from larder.domain.trash import TrashState
from larder.domain.uploads import UploadStatus
from larder.services.budget import time_for
from larder.services.projects.ports import Recount
from larder.services.projects.usage_history import keep_day
from larder.services.space.ports import FolderCleanup
from larder.services.upkeep.audit import NO_DRIFT, Audit
from larder.services.upkeep.ports import (
    DueAudit,
    DueBatch,
    DueFile,
    DueFolder,
    DueTrashedFile,
    DueTrashedFolder,
    DueUpload,
    DueWebhook,
)
from larder.services.upkeep.reclaim import end_upload, purge_expired
from larder.services.upkeep.sweep import SweepResult, Swept

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from larder.domain.ids import TenantId
    from larder.domain.uploads import Upload
    from larder.services.batches.ports import BatchRecords, Executions
    from larder.services.budget import Stopwatch
    from larder.services.clock import Clock
    from larder.services.files.ports import FileRecords, ValidationQueue
    from larder.services.object_store import ObjectStore
    from larder.services.projects.ports import UsageRecords
    from larder.services.space.folder_trash import FolderTrash
    from larder.services.space.ports import CleanupQueue, FolderRecords, TrashRecords
    from larder.services.upkeep.ports import DueItem
    from larder.services.uploads.complete import CompleteUpload
    from larder.services.uploads.part_store import PartStore
    from larder.services.uploads.ports import UploadRecords
    from larder.services.webhooks.ports import WakeUps, WebhookRecords

RECOUNT_SECONDS = 20
"""How long one sweep counts a project: about a million records."""

WEBHOOK_CHECK_SECONDS = 900
"""Seconds between two times that a webhook is woken, if its worker plans nothing else."""

EXECUTION_CHECK_SECONDS = 300
"""Seconds between two checks that a batch has a running execution."""


@dataclass(frozen=True, slots=True)
class SweepFile:
    """Release a file that has expired or has no bytes, or enqueue it to be validated."""

    files: FileRecords
    objects: ObjectStore
    validation_queue: ValidationQueue
    clock: Clock

    def __call__(self, due: DueFile) -> Swept:
        """Sweep the file."""
        return Swept(due, self._sweep(due))

    def _sweep(self, due: DueFile) -> SweepResult:
        now = self.clock()
        file = self.files.get(due.tenant, due.id)
        if file is None:
            return SweepResult.NOTHING_TO_DO
        if file.expired(now):
            released = self.files.release(due.tenant, file)
            return SweepResult.EXPIRED if released else SweepResult.NOTHING_TO_DO
        age = int(now) - file.created_at
        if file.status is not FileStatus.UPLOADED or age < VALIDATION_GRACE:
            return SweepResult.NOTHING_TO_DO
        if self.objects.stat(due.tenant, due.id) is None:
            # Its creation stopped after the record, before the bytes.
            released = self.files.release(due.tenant, file)
            return SweepResult.ABANDONED if released else SweepResult.NOTHING_TO_DO
        self.validation_queue.enqueue(due.tenant, due.id)
        # Less often each time, so that bytes that crash the validation do not keep it busy.
        later = int(now) + max(age, VALIDATION_GRACE)
        if file.expires_at is not None:
            later = min(later, file.expires_at)
        self.files.reschedule_check(due.tenant, due.id, later)
        return SweepResult.ANNOUNCED_AGAIN


def sweep_trashed_file(due: DueTrashedFile, *, trash: TrashRecords, clock: Clock) -> Swept:
    """Purge a file whose time in the trash is over."""
    purged = purge_expired(due.tenant, due.id, trash=trash, now=clock())
    return Swept(due, SweepResult.EXPIRED if purged else SweepResult.NOTHING_TO_DO)


@dataclass(frozen=True, slots=True)
class SweepUpload:
    """End an upload that is overdue, and delete the parts of an ended one.

    A completion that a client asked for, and whose request died, is carried out.
    """

    uploads: UploadRecords
    files: FileRecords
    objects: ObjectStore
    parts: PartStore
    complete: CompleteUpload
    validation_queue: ValidationQueue
    clock: Clock

    def __call__(self, due: DueUpload) -> Swept:
        """Sweep the upload."""
        found = self.uploads.get(due.tenant, due.id)
        if found is None:
            return Swept(due, SweepResult.NOTHING_TO_DO)
        upload = self._ended(due.tenant, found) if found.overdue(self.clock()) else found
        if upload is None or upload.status is UploadStatus.PENDING:
            return Swept(due, SweepResult.NOTHING_TO_DO)
        if upload.leaves_parts:
            self.parts.clear(due.tenant, upload)
            self.uploads.cleared(due.tenant, upload)
        match upload.status:
            case UploadStatus.COMPLETED if upload is not found:
                # The event of its bytes is late, or lost.
                self.validation_queue.enqueue(due.tenant, upload.file_id)
                return Swept(due, SweepResult.COMPLETED)
            case UploadStatus.EXPIRED if upload is not found:
                return Swept(due, SweepResult.EXPIRED)
        cleared = SweepResult.PARTS_CLEARED
        return Swept(due, cleared if upload.leaves_parts else SweepResult.NOTHING_TO_DO)

    def _ended(self, tenant: TenantId, upload: Upload) -> Upload | None:
        """Return the overdue upload as it is after an attempt to end it."""
        completion = upload.completion
        if completion is None:
            return end_upload(
                tenant,
                upload,
                uploads=self.uploads,
                files=self.files,
                objects=self.objects,
                now=self.clock(),
                may_name=True,
            )
        try:
            self.complete(tenant, upload.id, part_ids=completion.part_ids, md5=completion.md5)
        except InvalidParameterError:
            # The client was refused as well, or would have been.
            self.uploads.close(tenant, upload, UploadStatus.EXPIRED)
        except (ConflictError, ContentionError, ProjectFullError):
            # It has just been cancelled, or stays pending until its client makes room.
            pass
        return self.uploads.get(tenant, upload.id)


def sweep_folder(
    due: DueFolder, *, folders: FolderRecords, cleanups: CleanupQueue, clock: Clock
) -> Swept:
    """Enqueue the move of a folder to the trash again."""
    folder = folders.get(due.tenant, due.id)
    if folder is None or not folder.deleting:
        return Swept(due, SweepResult.NOTHING_TO_DO)
    cleanups.enqueue(due.tenant, FolderCleanup(due.id))
    folders.reschedule(due.tenant, due.id, int(clock()) + CLEARING_GRACE)
    return Swept(due, SweepResult.FOLDER_TAKEN_UP)


def sweep_trashed_folder(
    due: DueTrashedFolder, *, folder_trash: FolderTrash, cleanups: CleanupQueue, clock: Clock
) -> Swept:
    """Purge a folder whose time in the trash is over, or enqueue again what has begun with it."""
    now = clock()
    root = folder_trash.get(due.tenant, due.id)
    if root is None or root.state is TrashState.FILLING:
        return Swept(due, SweepResult.NOTHING_TO_DO)
    due_at = int(now) + CLEARING_GRACE
    if root.state is TrashState.KEPT:
        if not root.expired(now):
            return Swept(due, SweepResult.NOTHING_TO_DO)
        if folder_trash.turn(due.tenant, root, TrashState.PURGING, due_at):
            cleanups.enqueue(due.tenant, FolderCleanup(due.id))
        return Swept(due, SweepResult.EXPIRED)
    cleanups.enqueue(due.tenant, FolderCleanup(due.id))
    folder_trash.reschedule(due.tenant, root, due_at)
    return Swept(due, SweepResult.FOLDER_TAKEN_UP)


def sweep_batch(
    due: DueBatch, *, batches: BatchRecords, executions: Executions, clock: Clock
) -> Swept:
    """Start another execution of a batch that has not ended and has none."""
    batch = batches.get(due.tenant, due.id)
    if batch is None or batch.status.terminal:
        return Swept(due, SweepResult.NOTHING_TO_DO)
    now = clock()
    check_at = int(now) + EXECUTION_CHECK_SECONDS
    if executions.running(due.id, batch.execution):
        batches.reschedule(due.tenant, batch, execution=batch.execution, check_at=check_at)
        stuck = batch.stuck(now)
        return Swept(due, SweepResult.BATCH_STUCK if stuck else SweepResult.BATCH_RUNNING)
    following = batch.execution + 1
    if not batches.reschedule(due.tenant, batch, execution=following, check_at=check_at):
        return Swept(due, SweepResult.NOTHING_TO_DO)
    executions.start(due.tenant, due.id, following)
    return Swept(due, SweepResult.BATCH_RESTARTED)


def sweep_webhook(
    due: DueWebhook, *, webhooks: WebhookRecords, wake_ups: WakeUps, clock: Clock
) -> Swept:
    """Have a worker go on with the deliveries of a webhook."""
    webhook, now = webhooks.get(due.tenant, due.id), int(clock())
    if webhook is None or webhook.due_at is None or webhook.due_at > now:
        return Swept(due, SweepResult.NOTHING_TO_DO)
    wake_ups.wake(due.tenant, due.id)
    webhooks.postpone(due.tenant, webhook, now + WEBHOOK_CHECK_SECONDS)
    return Swept(due, SweepResult.WEBHOOK_WOKEN)


def sweep_counters(
    due: DueAudit, *, usage: UsageRecords, clock: Clock, stopwatch: Stopwatch
) -> Swept:
    """Keep the day's usage, audit the project's counters, and schedule the next audit.

    A project that takes longer to count than `RECOUNT_SECONDS` goes on at the next sweep.
    """
    now = usage.get(due.tenant)
    if now is None:
        return Swept(due, SweepResult.NOTHING_TO_DO)
    keep_day(due.tenant, now, usage=usage, clock=clock)
    count = usage.kept_recount(due.tenant) or Recount(now.version, NO_DRIFT, after="")
    if count.version == now.version:
        count = usage.go_on_counting(
            due.tenant, count, keep_going=time_for(RECOUNT_SECONDS, stopwatch)
        )
        if count.after is not None:
            usage.keep_recount(due.tenant, count)
            return Swept(due, SweepResult.COUNTERS_UNFINISHED, now)
    after = usage.get(due.tenant)
    disturbed = after is None or after.version != count.version
    audit = Audit(now, count.counted, disturbed)
    usage.schedule_audit(due.tenant, int(clock()) + AUDIT_INTERVAL)
    if audit.disturbed:
        return Swept(due, SweepResult.COUNTERS_BUSY, now)
    if audit.drift == NO_DRIFT:
        return Swept(due, SweepResult.COUNTERS_EXACT, now)
    return Swept(due, SweepResult.COUNTERS_DRIFTED, now, audit.drift)


SWEEPERS: Mapping[type[DueItem], Callable[..., Any]] = {
    DueFile: SweepFile,
    DueTrashedFile: sweep_trashed_file,
    DueUpload: SweepUpload,
    DueFolder: sweep_folder,
    DueTrashedFolder: sweep_trashed_folder,
    DueBatch: sweep_batch,
    DueWebhook: sweep_webhook,
    DueAudit: sweep_counters,
}
