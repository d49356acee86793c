"""Reclaim quota: release a project's expired files and uploads at once."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from larder.domain.uploads import UploadStatus
from larder.services.upkeep.ports import DueFile, DueTrashedFile, DueUpload

if TYPE_CHECKING:
    from larder.domain.ids import FileId, TenantId, UploadId
    from larder.services.clock import Clock
    from larder.services.files.ports import FileRecords
    from larder.services.space.ports import TrashRecords
    from larder.services.upkeep.ports import Deadlines, DueItem
    from larder.services.uploads.ports import UploadRecords

MAX_RECLAIMED_PER_REQUEST = 1_000
"""The most expired items that one request reclaims, well within the gateway's 29 seconds."""


@dataclass(frozen=True, slots=True)
class ReclaimExpired:
    """Release a project's expired files and uploads, and return their number."""

    deadlines: Deadlines
    files: FileRecords
    trash: TrashRecords
    uploads: UploadRecords
    clock: Clock

    def __call__(self, tenant: TenantId) -> int:
        """Reclaim up to `MAX_RECLAIMED_PER_REQUEST` files and uploads."""
        now = self.clock()
        expired = list(islice(self.deadlines.expired(tenant, now), MAX_RECLAIMED_PER_REQUEST))
        return sum(self._reclaim(due, now) for due in expired)

    def _reclaim(self, due: DueItem, now: float) -> bool:
        match due:
            case DueFile():
                return release_expired(due.tenant, due.id, files=self.files, now=now)
            case DueTrashedFile():
                return purge_expired(due.tenant, due.id, trash=self.trash, now=now)
            case DueUpload():
                return expire_upload(due.tenant, due.id, uploads=self.uploads, now=now)
        return False


def release_expired(tenant: TenantId, file_id: FileId, *, files: FileRecords, now: float) -> bool:
    """Release the file if it has expired at `now`; False if it has not, or is gone."""
    file = files.get(tenant, file_id)
    return file is not None and file.expired(now) and files.release(tenant, file)


def purge_expired(tenant: TenantId, file_id: FileId, *, trash: TrashRecords, now: float) -> bool:
    """Purge the file if its time in the trash is over at `now`; False if it is not, or is gone."""
    trashed = trash.get(tenant, file_id)
    return trashed is not None and trashed.expired(now) and trash.purge(tenant, [trashed])


def expire_upload(
    tenant: TenantId, upload_id: UploadId, *, uploads: UploadRecords, now: float
) -> bool:
    """End the upload if it has expired at `now`; False if it has not, or has ended."""
    upload = uploads.get(tenant, upload_id)
    return (
        upload is not None
        and upload.status_at(now) is UploadStatus.EXPIRED
        and uploads.close(tenant, upload, UploadStatus.EXPIRED)
    )
