"""Reclaim quota: release a project's expired files and uploads at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from larder.domain.uploads import UploadStatus
from larder.services.budget import time_for
from larder.services.upkeep.ports import DueFile, DueTrashedFile, DueUpload
from larder.services.uploads.end_overdue import end_overdue

if TYPE_CHECKING:
    from larder.domain.ids import FileId, TenantId
    from larder.domain.uploads import Upload
    from larder.services.budget import Stopwatch
    from larder.services.clock import Clock
    from larder.services.files.ports import FileRecords
    from larder.services.object_store import ObjectStore
    from larder.services.space.ports import TrashRecords
    from larder.services.upkeep.ports import Deadlines, DueItem
    from larder.services.uploads.ports import UploadRecords

RECLAIM_SECONDS = 5
"""How long a request reclaims: some 300 items. The next request goes on, or the sweeper."""


@dataclass(frozen=True, slots=True)
class ReclaimExpired:
    """Release a project's expired files and uploads, and return whether some are left."""

    deadlines: Deadlines
    files: FileRecords
    trash: TrashRecords
    uploads: UploadRecords
    objects: ObjectStore
    clock: Clock
    stopwatch: Stopwatch

    def __call__(self, tenant: TenantId, *, may_name: bool = False) -> bool:
        """Reclaim the files and uploads, the longest expired first, for `RECLAIM_SECONDS`.

        `may_name` as in `end_overdue`.
        """
        now = self.clock()
        keep_going = time_for(RECLAIM_SECONDS, self.stopwatch)
        for due in self.deadlines.expired(tenant, now):
            if not keep_going():
                return True
            self._reclaim(due, now, may_name=may_name)
        return False

    def _reclaim(self, due: DueItem, now: float, *, may_name: bool) -> None:
        match due:
            case DueFile():
                release_expired(due.tenant, due.id, files=self.files, now=now)
            case DueTrashedFile():
                purge_expired(due.tenant, due.id, trash=self.trash, now=now)
            case DueUpload():
                upload = self.uploads.get(due.tenant, due.id)
                if upload is not None:
                    end_upload(
                        due.tenant,
                        upload,
                        uploads=self.uploads,
                        files=self.files,
                        objects=self.objects,
                        now=now,
                        may_name=may_name,
                    )


def release_expired(tenant: TenantId, file_id: FileId, *, files: FileRecords, now: float) -> bool:
    """Release the file if it has expired at `now`; False if it has not, or is gone."""
    file = files.get(tenant, file_id)
    return file is not None and file.expired(now) and files.release(tenant, file)


def purge_expired(tenant: TenantId, file_id: FileId, *, trash: TrashRecords, now: float) -> bool:
    """Purge the file if its time in the trash is over at `now`; False if it is not, or is gone."""
    trashed = trash.get(tenant, file_id)
    return trashed is not None and trashed.expired(now) and trash.purge(tenant, [trashed])


def end_upload(
    tenant: TenantId,
    upload: Upload,
    *,
    uploads: UploadRecords,
    files: FileRecords,
    objects: ObjectStore,
    now: float,
    may_name: bool = False,
) -> Upload:
    """Return the upload as it is now, ended if it is overdue at `now`.

    `may_name` as in `end_overdue`.

    A file that it becomes may have expired by then: such a file is released.
    """
    ended = end_overdue(
        tenant, upload, uploads=uploads, objects=objects, now=now, may_name=may_name
    )
    if ended is not upload and ended.status is UploadStatus.COMPLETED:
        release_expired(tenant, ended.file_id, files=files, now=now)
    return ended
