"""The ports of the use cases of uploads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from larder.domain.files import File
    from larder.domain.ids import FolderId, TenantId, UploadId
    from larder.domain.uploads import Completion, Upload, UploadStatus


@dataclass(frozen=True, slots=True)
class UploadPage:
    """A page of uploads, the newest first; `has_more` is exact."""

    uploads: tuple[Upload, ...]
    has_more: bool


@dataclass(frozen=True, slots=True)
class NameClaim:
    """A name in a folder: the files that had it when it was read, at most `MAX_REPLACED` + 1.

    `replaced` are those of them that go to the trash when another file takes the name. `token` is
    the port's own, by which it knows who took the name since.
    """

    folder_id: FolderId | None
    name: str
    files: tuple[File, ...]
    token: str | None
    replaced: tuple[File, ...] = ()


class ClaimOutdatedError(Exception):
    """Another file has taken the name since it was read, or a file to replace has changed."""


class UploadRecords(Protocol):
    """The records of uploads."""

    def claim(
        self, tenant: TenantId, folder_id: FolderId | None, name: str, now: float
    ) -> NameClaim:
        """Read which files have the name in the folder at `now` (strongly consistent)."""

    def reserve(self, tenant: TenantId, upload: Upload) -> None:
        """Record a pending upload and reserve its quota.

        Raises:
            QuotaExceededError: there is no room for it.
            ProjectFullError: the project has as many records as it can have.
            ContentionError: too many concurrent changes to the project.
        """

    def get(self, tenant: TenantId, upload_id: UploadId) -> Upload | None:
        """Return the upload's record (strongly consistent)."""

    def page(
        self, tenant: TenantId, *, limit: int, after: UploadId | None, now: float
    ) -> UploadPage:
        """Return the pending uploads created before `after` that are not overdue, newest first.

        Raises:
            ContentionError: so many uploads have just ended that one request cannot read past them.
        """

    def complete(
        self, tenant: TenantId, upload: Upload, file: File, claim: NameClaim | None = None
    ) -> bool:
        """Turn a pending upload into its file; False if it is no longer pending.

        With a `claim`, the file takes the name, and the replaced files go to the trash with it.

        Raises:
            ClaimOutdatedError: `claim` has to be read again.
            NotFoundError: the file's folder does not exist, or is being deleted.
            ProjectFullError: the project has as many records as it can have.
        """

    def keep_completion(self, tenant: TenantId, upload: Upload, completion: Completion) -> bool:
        """Keep what `complete` was called with; False if the upload is no longer pending."""

    def close(self, tenant: TenantId, upload: Upload, status: UploadStatus) -> bool:
        """End a pending upload and free its reservation; False if it is no longer pending.

        An upload expires only if its completion is still the one of `upload`: False otherwise.
        """

    def release_quota(self, tenant: TenantId, upload: Upload, gone_at: float) -> bool:
        """Free the reservation of an upload whose record is gone, as `FileRecords` does."""

    def take_part(self, tenant: TenantId, upload: Upload, size: int, limit: int) -> bool:
        """Count a small part; False if it exceeds `limit` or the upload is no longer pending.

        False as well if it is one more than `MAX_SMALL_PARTS`.
        """

    def cleared(self, tenant: TenantId, upload: Upload) -> None:
        """Record that the parts of an ended upload are deleted, so that it is no longer due."""
