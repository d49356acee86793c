"""Create an upload: announce a file whose bytes the client sends straight to S3."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from larder.domain.digests import SHA256_OF_NOTHING, checked_sha256
from larder.domain.errors import InvalidParameterError, LarderError
from larder.domain.files import Purpose, client_purpose, expiry_of
from larder.domain.folders import folder_id_from
from larder.domain.ids import created_at, new_file_id, upload_of
from larder.domain.media_types import media_type_of
from larder.domain.parts import MAX_UPLOAD_BYTES
from larder.domain.uploads import UPLOAD_LIFE, Upload
from larder.services.quota import admit
from larder.services.space.get_folder import get_folder
from larder.services.uploads.get import UploadState, open_transfer

if TYPE_CHECKING:
    from larder.domain.ids import FolderId, TenantId
    from larder.domain.same_names import IfExists
    from larder.services.clock import Clock
    from larder.services.object_store import ObjectStore
    from larder.services.quota import HeldQuota, Reclaim
    from larder.services.space.ports import FolderRecords
    from larder.services.uploads.part_store import PartStore
    from larder.services.uploads.ports import UploadRecords


@dataclass(frozen=True, slots=True)
class NewUpload:
    """The file that the client announces.

    `bytes` is its exact size, `sha256` hex in either case, `folder_id` None or `root` for no
    folder.
    """

    filename: str
    bytes: int
    purpose: str
    mime_type: str
    expires_after: int | None = None
    sha256: str | None = None
    folder_id: str | None = None
    if_exists: IfExists | None = None


@dataclass(frozen=True, slots=True)
class CreateUpload:
    """Reserve quota for a file, and return its upload with the PUTs that send its bytes.

    A file above `part_threshold` bytes is sent in parts. A batch file has at most
    `batch_file_limit` bytes, which the worker can validate in one run.
    """

    uploads: UploadRecords
    folders: FolderRecords
    objects: ObjectStore
    parts: PartStore
    reclaim: Reclaim
    held_quota: HeldQuota
    part_threshold: int
    batch_file_limit: int
    clock: Clock

    def __call__(self, tenant: TenantId, new: NewUpload) -> UploadState:
        """Create the upload.

        Raises:
            InvalidParameterError: a value is not acceptable.
            NotFoundError: the folder does not exist for this project, or is being deleted.
            QuotaExceededError: the project has no room.
            ProjectFullError: the project has as many records as it can have.
            ContentionError: too many concurrent changes to the project.
        """
        purpose = client_purpose(new.purpose)
        if purpose is Purpose.BATCH:
            self._check_batch_size(new.bytes)
        now = self.clock()
        file_id = new_file_id(now)
        born = created_at(file_id)
        upload = Upload(
            id=upload_of(file_id),
            filename=new.filename,
            bytes=_checked_size(new.bytes),
            purpose=purpose,
            mime_type=media_type_of(new.filename, new.mime_type),
            expires_at=born + UPLOAD_LIFE,
            file_expires_at=expiry_of(purpose, born, new.expires_after),
            sha256=None if new.sha256 is None else _checked_digest(new.sha256, new.bytes),
            folder_id=open_folder(tenant, new.folder_id, folders=self.folders),
            if_exists=new.if_exists,
        )
        if upload.bytes > self.part_threshold:
            # Before the record that names it. Without a record, S3's lifecycle rule aborts it.
            upload = replace(upload, multipart_id=self.parts.begin(tenant, file_id))
        try:
            admit(
                tenant,
                lambda: self.uploads.reserve(tenant, upload),
                reclaim=self.reclaim,
                held_quota=self.held_quota,
            )
        except LarderError:
            if upload.multipart_id is not None:
                self.parts.clear(tenant, upload)
            raise
        transfer = open_transfer(
            tenant, upload, (), objects=self.objects, parts=self.parts, now=now
        )
        return UploadState(upload, upload.status, transfer=transfer)

    def _check_batch_size(self, size: int) -> None:
        if size > self.batch_file_limit:
            raise InvalidParameterError(
                f"A batch file has at most {self.batch_file_limit} bytes, not {size}. Split it at "
                "line ends into several files, and create a batch of each.",
                param="bytes",
                code="file_too_large",
            )


def open_folder(tenant: TenantId, raw: str | None, *, folders: FolderRecords) -> FolderId | None:
    """Return the folder that a client names for a file to come, None for the root.

    Raises:
        NotFoundError: it does not exist for this project.
    """
    folder_id = folder_id_from(raw, param="folder_id")
    if folder_id is None:
        return None
    return get_folder(tenant, folder_id, folders=folders, param="folder_id").id


def _checked_digest(digest: str, size: int) -> str:
    sha256 = checked_sha256(digest)
    if size == 0 and sha256 != SHA256_OF_NOTHING:
        # `complete` stores an empty file itself, so no PUT lets S3 check its digest.
        raise InvalidParameterError(
            f"The SHA-256 of 0 bytes is {SHA256_OF_NOTHING}, not {sha256}.", param="sha256"
        )
    return sha256


def _checked_size(size: int) -> int:
    if not 0 <= size <= MAX_UPLOAD_BYTES:
        raise InvalidParameterError(
            f"bytes must be between 0 and {MAX_UPLOAD_BYTES}, not {size}.", param="bytes"
        )
    return size
