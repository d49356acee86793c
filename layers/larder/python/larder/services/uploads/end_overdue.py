"""End an upload that is past its time: as a file if its bytes are there, else as expired."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.domain.errors import ConflictError, ContentionError, ProjectFullError
from larder.domain.uploads import UploadStatus
from larder.services.uploads.complete_as_file import complete_as_file

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from larder.domain.uploads import Upload
    from larder.services.object_store import ObjectStore
    from larder.services.uploads.ports import UploadRecords


def end_overdue(
    tenant: TenantId,
    upload: Upload,
    *,
    uploads: UploadRecords,
    objects: ObjectStore,
    now: float,
    may_name: bool = False,
) -> Upload:
    """Return the upload as it is now, ended if it is overdue.

    The bytes decide, not the clock: what S3 accepted in time becomes the file, however late
    anybody comes across it. The upload stays pending while a client's completion waits for the
    sweeper to carry it out, or the project is full. So does one with `if_exists`, unless
    `may_name`: it takes reads of names that only those may make who complete uploads.
    """
    if not upload.overdue(now):
        return upload
    stat = objects.stat(tenant, upload.file_id)
    if stat is not None and stat.size == upload.bytes:
        if upload.if_exists is not None and not may_name:
            return upload
        try:
            complete_as_file(tenant, upload, upload.to_file(), uploads=uploads, now=now)
        except (ContentionError, ProjectFullError):
            # It stays pending: its client can make room, and the next sweep looks again.
            return upload
        except ConflictError:
            # Its name is taken. It was cancelled.
            return uploads.get(tenant, upload.id) or upload
    elif upload.completion is not None:
        return upload
    else:
        uploads.close(tenant, upload, UploadStatus.EXPIRED)
    return uploads.get(tenant, upload.id) or upload
