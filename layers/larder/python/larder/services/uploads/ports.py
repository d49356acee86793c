"""What the use cases of uploads need of the outside world."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from larder.domain.files import File
    from larder.domain.ids import TenantId, UploadId
    from larder.domain.uploads import Upload, UploadStatus


class UploadRecords(Protocol):
    """The records of uploads."""

    def reserve(self, tenant: TenantId, upload: Upload) -> None:
        """Record a pending upload and reserve its amount of the quota.

        Raises:
            QuotaExceededError: there is no room for it.
            ContentionError: concurrent changes kept it from being decided.
        """

    def get(self, tenant: TenantId, upload_id: UploadId) -> Upload | None:
        """Return the upload's record as of now (strongly consistent)."""

    def complete(self, tenant: TenantId, upload: Upload, file: File) -> bool:
        """Turn a pending upload into its file; False when it is no longer pending.

        Raises:
            NotFoundError: the file's folder does not exist, or is being deleted.
        """

    def close(self, tenant: TenantId, upload: Upload, status: UploadStatus) -> bool:
        """End a pending upload and give its amount back; False when it is no longer pending."""

    def release_quota(self, tenant: TenantId, upload: Upload) -> bool:
        """Give back what a pending upload reserved whose record is gone; False when done."""

    def take_part(self, tenant: TenantId, upload: Upload, size: int, limit: int) -> bool:
        """Account for a part of request size; False above `limit` or when no longer pending."""

    def cleared(self, tenant: TenantId, upload: Upload) -> None:
        """Say that the parts of an ended upload are gone, so that it is no longer due."""
