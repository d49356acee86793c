"""Turn an upload whose bytes have arrived into its file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.domain.errors import ConflictError, InvalidParameterError
from larder.domain.uploads import Upload, UploadStatus
from larder.services.uploads_get import UploadState, find_upload, live_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from larder.domain.ids import TenantId
    from larder.services.ports import Clock, FileRecords, ObjectStore, UploadRecords


def complete_upload(
    tenant: TenantId,
    upload_id: str,
    *,
    part_ids: Sequence[str],
    md5: str | None,
    files: FileRecords,
    uploads: UploadRecords,
    objects: ObjectStore,
    clock: Clock,
) -> UploadState:
    """Complete the upload and return it with its file; a second time, the same again.

    The bytes' arrival completes an upload as well; whichever comes second finds it done.

    Raises:
        NotFoundError: there is no such upload for this project.
        InvalidParameterError: the bytes are missing, or are not those that were announced.
        ConflictError: the upload was cancelled or has expired.
    """
    upload = find_upload(tenant, upload_id, uploads=uploads)
    _refuse_ended(upload, clock())
    if part_ids:
        raise InvalidParameterError(
            f"No such part: {part_ids[0][:64]}. This upload has no parts: "
            "PUT the bytes to transfer.url, then complete with an empty part_ids.",
            param="part_ids",
        )
    if md5 is not None or upload.status is UploadStatus.PENDING:
        _check_bytes(tenant, upload, md5, objects=objects)
    if upload.status is UploadStatus.PENDING and not uploads.complete(
        tenant, upload, upload.becomes()
    ):
        upload = find_upload(tenant, upload_id, uploads=uploads)
        _refuse_ended(upload, clock())
    return UploadState(
        upload,
        UploadStatus.COMPLETED,
        file=live_file(tenant, upload, files=files, now=clock()),
    )


def _refuse_ended(upload: Upload, now: float) -> None:
    status = upload.status_at(now)
    if status in {UploadStatus.CANCELLED, UploadStatus.EXPIRED}:
        raise ConflictError(
            f"Upload {upload.id} is {status} and cannot be completed. Create a new upload.",
            code=f"upload_{status}",
            permanent=True,
        )


def _check_bytes(
    tenant: TenantId, upload: Upload, md5: str | None, *, objects: ObjectStore
) -> None:
    stat = objects.stat(tenant, upload.file_id)
    if stat is None:
        if upload.status is UploadStatus.COMPLETED:
            return
        raise InvalidParameterError(
            f"The bytes of upload {upload.id} have not arrived. "
            "PUT them to transfer.url with transfer.headers, then complete.",
            code="upload_incomplete",
        )
    if stat.size != upload.bytes:
        raise InvalidParameterError(
            f"Upload {upload.id} was announced with {upload.bytes} bytes, {stat.size} arrived.",
            param="bytes",
        )
    if md5 is not None and md5.lower() != stat.md5:
        raise InvalidParameterError(
            f"The MD5 of the bytes that arrived is {stat.md5}, not {md5[:64]}. "
            "Cancel the upload, or delete its file if it has one, and send the file again.",
            param="md5",
        )
