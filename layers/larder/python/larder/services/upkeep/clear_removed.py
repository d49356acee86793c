"""Clear up after a record that has gone from the table, whoever removed it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.domain.uploads import UploadStatus

if TYPE_CHECKING:
    from larder.domain.files import File
    from larder.domain.ids import TenantId
    from larder.domain.uploads import Upload
    from larder.services.files.ports import FileRecords
    from larder.services.object_store import ObjectStore
    from larder.services.uploads.ports import UploadRecords


def clear_file(tenant: TenantId, file: File, *, files: FileRecords, objects: ObjectStore) -> bool:
    """Give back the quota of a removed file, if nobody has, and delete its bytes.

    `file` is the removed record. Decided by what exists now, not by the event: a record that
    only moved (to the trash, or back) is not gone. Returns False in that case.
    """
    if files.exists(tenant, file.id):
        return False
    files.release_quota(tenant, file)
    objects.delete(tenant, file.id)
    return True


def clear_upload(
    tenant: TenantId,
    upload: Upload,
    *,
    files: FileRecords,
    uploads: UploadRecords,
    objects: ObjectStore,
) -> bool:
    """Give back what a removed upload had reserved, if nobody has, and delete unclaimed bytes.

    `upload` is the removed record. Bytes without a file lie there when the news of their arrival
    was lost; without its record no upload becomes a file any more. Returns False when the record
    is not gone.
    """
    if uploads.get(tenant, upload.id) is not None:
        return False
    if upload.status is UploadStatus.PENDING:
        uploads.release_quota(tenant, upload)
    if not files.exists(tenant, upload.file_id):
        objects.delete(tenant, upload.file_id)
    return True
