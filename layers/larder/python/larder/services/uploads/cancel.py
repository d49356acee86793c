"""Cancel an upload."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.domain.errors import ConflictError
from larder.domain.uploads import UploadStatus
from larder.services.uploads.get import UploadState, require_upload

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from larder.services.uploads.part_store import PartStore
    from larder.services.uploads.ports import UploadRecords


def cancel_upload(
    tenant: TenantId,
    upload_id: str,
    *,
    uploads: UploadRecords,
    parts: PartStore,
) -> UploadState:
    """Cancel the upload and free what it reserved. Cancelling it again returns the same.

    Bytes that have arrived, or still do, are deleted, since no record claims them.

    Raises:
        NotFoundError: there is no such upload for this project.
        ConflictError: it is completed or has expired.
    """
    upload = require_upload(tenant, upload_id, uploads=uploads)
    if upload.status is UploadStatus.PENDING:
        if uploads.close(tenant, upload, UploadStatus.CANCELLED):
            if upload.leaves_parts:
                # Now, so that S3 refuses further parts. The sweeper would do it later.
                parts.clear(tenant, upload)
            return UploadState(upload, UploadStatus.CANCELLED)
        upload = require_upload(tenant, upload_id, uploads=uploads)
    status = upload.status
    if status is not UploadStatus.CANCELLED:
        raise ConflictError(
            f"Upload {upload.id} is {status} and cannot be cancelled."
            + (f" Delete {upload.file_id} instead." if status is UploadStatus.COMPLETED else ""),
            code=f"upload_{status}",
            permanent=True,
        )
    return UploadState(upload, status)
