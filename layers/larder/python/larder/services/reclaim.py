"""Give expired files and uploads back to their project's quota, here and now."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from larder.domain.errors import QuotaExceededError
from larder.domain.ids import FILE_PREFIX, FileId, UploadId
from larder.domain.uploads import UploadStatus

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder.domain.ids import TenantId
    from larder.services.ports import Clock, Deadlines, FileRecords, UploadRecords

RECLAIM_AT_ONCE = 1_000
"""Expired items that one request reclaims at most, well within the gateway's 29 seconds."""


def reclaim_expired(
    tenant: TenantId,
    *,
    deadlines: Deadlines,
    files: FileRecords,
    uploads: UploadRecords,
    clock: Clock,
) -> int:
    """Release the project's expired files and uploads, and return how many there were."""
    now = clock()
    expired = list(islice(deadlines.expired(tenant, now), RECLAIM_AT_ONCE))
    return sum(
        release_file(tenant, FileId(item), files=files, now=now)
        if item.startswith(FILE_PREFIX)
        else expire_upload(tenant, UploadId(item), uploads=uploads, now=now)
        for item in expired
    )


def release_file(tenant: TenantId, file_id: FileId, *, files: FileRecords, now: float) -> bool:
    """Release the file if it has expired at `now`; False when it has not or is gone."""
    file = files.get(tenant, file_id)
    return file is not None and file.expired(now) and files.release(tenant, file)


def expire_upload(
    tenant: TenantId, upload_id: UploadId, *, uploads: UploadRecords, now: float
) -> bool:
    """End the upload if it is overdue at `now`; False when it is not, or has ended."""
    upload = uploads.get(tenant, upload_id)
    return (
        upload is not None
        and upload.status_at(now) is UploadStatus.EXPIRED
        and uploads.close(tenant, upload, UploadStatus.EXPIRED)
    )


def admit_reclaiming(
    admit: Callable[[], None],
    tenant: TenantId,
    *,
    deadlines: Deadlines,
    files: FileRecords,
    uploads: UploadRecords,
    clock: Clock,
) -> None:
    """Call `admit`; when the quota is full, reclaim what has expired and call it once more.

    Raises:
        QuotaExceededError: there is no room even so.
    """
    try:
        admit()
    except QuotaExceededError:
        reclaim_expired(tenant, deadlines=deadlines, files=files, uploads=uploads, clock=clock)
        # Whether or not anything was reclaimed here: another request may have just done it.
        admit()
