"""An upload: a reservation of quota that becomes a file when its bytes have arrived."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from larder.domain.files import File
from larder.domain.ids import created_at, file_of
from larder.domain.parts import plan_parts
from larder.domain.quota import Amount, one_file

if TYPE_CHECKING:
    from larder.domain.files import Purpose
    from larder.domain.ids import FileId, FolderId, UploadId
    from larder.domain.parts import PartPlan

UPLOAD_LIFE = 3_600
"""Seconds that an upload stays open: S3 URLs die with the role session that signed them."""


class UploadStatus(StrEnum):
    """`pending`, then, once, one of the others."""

    PENDING = "pending"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Upload:
    """An announced file.

    `bytes` is the exact size that S3 will accept; `sha256` (hex) what the client promised of
    them, if it did; `file_expires_at` when the file that it becomes expires; `multipart_id` the
    name of S3's multipart upload, when the bytes come in parts; `part_bytes` and `part_count` how
    much has come in how many parts of request size; `folder_id` where its file is to lie.
    """

    id: UploadId
    filename: str
    bytes: int
    purpose: Purpose
    mime_type: str
    expires_at: int
    file_expires_at: int | None
    sha256: str | None = None
    status: UploadStatus = UploadStatus.PENDING
    multipart_id: str | None = None
    part_bytes: int = 0
    part_count: int = 0
    folder_id: FolderId | None = None

    @property
    def plan(self) -> PartPlan | None:
        """How S3 takes the bytes in parts; None when it takes them in one PUT."""
        return None if self.multipart_id is None else plan_parts(self.bytes)

    @property
    def leaves_parts(self) -> bool:
        """Whether parts may lie in S3 that nobody wants once the upload has ended."""
        return self.multipart_id is not None or self.part_bytes > 0

    @property
    def created_at(self) -> int:
        """When the upload's id was made, in unix seconds."""
        return created_at(self.id)

    @property
    def file_id(self) -> FileId:
        """The id of the file that this upload becomes."""
        return file_of(self.id)

    @property
    def amount(self) -> Amount:
        """What the upload reserves of its project's quota."""
        return one_file(self.bytes)

    def status_at(self, now: float) -> UploadStatus:
        """Return the status that a reader sees: an overdue pending upload is already expired."""
        if self.status is UploadStatus.PENDING and self.expires_at <= now:
            return UploadStatus.EXPIRED
        return self.status

    def to_file(self) -> File:
        """Return the file that the upload becomes once its bytes are there.

        S3 has checked the SHA-256 of a single PUT. It cannot for parts: what was promised of
        them is checked when the bytes are read.
        """
        parted = self.multipart_id is not None
        return File(
            id=self.file_id,
            filename=self.filename,
            bytes=self.bytes,
            purpose=self.purpose,
            mime_type=self.mime_type,
            expires_at=self.file_expires_at,
            sha256=None if parted else self.sha256,
            promised_sha256=self.sha256 if parted else None,
            folder_id=self.folder_id,
        )
