"""End an upload that is past its time: as a file if its bytes are there, else as expired."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from larder.domain.errors import NotFoundError, ProjectFullError
from larder.domain.uploads import UploadStatus

if TYPE_CHECKING:
    from larder.domain.files import File
    from larder.domain.ids import TenantId
    from larder.domain.uploads import Upload
    from larder.services.object_store import ObjectStore
    from larder.services.uploads.ports import UploadRecords


def end_overdue(
    tenant: TenantId, upload: Upload, *, uploads: UploadRecords, objects: ObjectStore, now: float
) -> Upload:
    """Return the upload as it is now, ended if it is overdue.

    The bytes decide, not the clock: what S3 accepted in time becomes the file, however late
    anybody comes across it. The upload stays pending while a client's completion waits for the
    sweeper to carry it out, or the project is full.
    """
    if not upload.overdue(now):
        return upload
    stat = objects.stat(tenant, upload.file_id)
    if stat is not None and stat.size == upload.bytes:
        try:
            complete_as_file(tenant, upload, upload.to_file(), uploads=uploads)
        except ProjectFullError:
            # It stays pending: its client can make room.
            return upload
    elif upload.completion is not None:
        return upload
    else:
        uploads.close(tenant, upload, UploadStatus.EXPIRED)
    return uploads.get(tenant, upload.id) or upload


def complete_as_file(
    tenant: TenantId, upload: Upload, file: File, *, uploads: UploadRecords
) -> bool:
    """Turn the pending upload into its file; False if it is no longer pending.

    If the folder has been deleted since the upload was created, the file goes to the root, as a
    file does that is restored from the trash.
    """
    try:
        return uploads.complete(tenant, upload, file)
    except NotFoundError:
        return uploads.complete(tenant, upload, replace(file, folder_id=None))
