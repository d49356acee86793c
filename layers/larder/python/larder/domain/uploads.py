"""An upload: a reservation of quota that becomes a file when its bytes have arrived."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from larder.domain.files import File
from larder.domain.ids import created_at, file_of
from larder.domain.parts import MAX_PART_BYTES, plan_parts
from larder.domain.quota import Amount, one_file

if TYPE_CHECKING:
    from larder.domain.files import Purpose
    from larder.domain.ids import FileId, FolderId, PartId, UploadId
    from larder.domain.parts import PartPlan
    from larder.domain.same_names import IfExists

UPLOAD_LIFE = 3_600
"""Seconds that an upload takes bytes: S3 URLs die with the role session that signed them."""

PUT_GRACE = 900
SLOWEST_PUT = 125_000
"""Bytes a second, 1 Mbit/s. S3 checks a URL when a PUT begins, however late its last byte comes."""

LONGEST_OPEN = UPLOAD_LIFE + PUT_GRACE + MAX_PART_BYTES // SLOWEST_PUT
"""Seconds after its creation by which every upload has closed: of one part, 5 GiB at the most."""


class UploadStatus(StrEnum):
    """`pending`, then, once, one of the others."""

    PENDING = "pending"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Completion:
    """What a client asked for when it completed an upload in parts.

    It is kept with the upload before the parts are joined, so that the sweeper can carry it out if
    the request dies. `part_ids` are the small parts in order, none for S3's own parts.
    """

    part_ids: tuple[PartId, ...] = ()
    md5: str | None = None


@dataclass(frozen=True, slots=True)
class Upload:
    """An announced file.

    `bytes` is the exact size that S3 will accept; `sha256` (hex) what the client promised of
    them, if it did; `file_expires_at` when the file that it becomes expires; `multipart_id` the
    name of S3's multipart upload, when the bytes come in parts; `part_bytes` and `part_count` how
    much has come in how many parts of request size; `folder_id` where its file is to lie;
    `completion` what `complete` was called with, once it was; `tags` what its file is tagged with;
    `if_exists` what happens when it is to become a file whose name is taken.
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
    completion: Completion | None = None
    tags: tuple[str, ...] = ()
    if_exists: IfExists | None = None

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

    @property
    def closes_at(self) -> int:
        """When every PUT that began before `expires_at` has ended, in unix seconds.

        From then on whoever comes across the pending upload ends it: as a file if its bytes are
        there, else as expired.
        """
        largest = self.bytes if self.plan is None else min(self.bytes, self.plan.part_size)
        return self.expires_at + PUT_GRACE + largest // SLOWEST_PUT

    def overdue(self, now: float) -> bool:
        """Return whether the upload should have ended by the time `now`."""
        return self.status is UploadStatus.PENDING and self.closes_at <= now

    def takes_bytes(self, now: float) -> bool:
        """Return whether a client may begin to send bytes at the time `now`."""
        return self.status is UploadStatus.PENDING and now < self.expires_at

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
            tags=self.tags,
        )
