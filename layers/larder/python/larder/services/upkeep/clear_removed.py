"""Clean up after a record that was removed from the table, by a request or by TTL."""

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


def clear_file(
    tenant: TenantId, file: File, gone_at: float, *, files: FileRecords, objects: ObjectStore
) -> bool:
    """Free the quota of a removed file, if that is still to do, and delete its bytes.

    `file` is the removed record, `gone_at` as in `Removal`. The current records decide, not the
    event: a record that only moved (to the trash, or back) is not gone. Returns False in that case.
    """
    if files.exists(tenant, file.id):
        return False
    files.release_quota(tenant, file, gone_at)
    objects.delete(tenant, file.id)
    return True


def clear_upload(
    tenant: TenantId,
    upload: Upload,
    gone_at: float,
    *,
    files: FileRecords,
    uploads: UploadRecords,
    objects: ObjectStore,
) -> bool:
    """Free a removed upload's reservation, if that is still to do, and delete unclaimed bytes.

    `upload` is the removed record, `gone_at` as in `Removal`. Without the record the upload can no
    longer become a file. Its bytes are still there if the event of their arrival was lost. Returns
    False if the record exists.
    """
    if uploads.get(tenant, upload.id) is not None:
        return False
    if upload.status is UploadStatus.PENDING:
        uploads.release_quota(tenant, upload, gone_at)
    if not files.exists(tenant, upload.file_id):
        objects.delete(tenant, upload.file_id)
    return True
