"""Announce a file whose bytes the client will send straight to S3."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from larder.domain.errors import InvalidParameterError, LarderError
from larder.domain.files import client_purpose, expiry_of
from larder.domain.ids import created_at, new_file_id, upload_of
from larder.domain.parts import LARGEST_UPLOAD
from larder.domain.uploads import UPLOAD_LIFE, Upload
from larder.services.reclaim import admit_reclaiming
from larder.services.uploads_get import UploadState, open_transfer

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from larder.services.part_ports import PartStore
    from larder.services.ports import (
        Clock,
        Deadlines,
        FileRecords,
        ObjectStore,
        UploadRecords,
    )

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class NewUpload:
    """What the client announces: `bytes` is exact, `sha256` hex in either case."""

    filename: str
    bytes: int
    purpose: str
    mime_type: str
    expires_after: int | None = None
    sha256: str | None = None


def create_upload(
    tenant: TenantId,
    new: NewUpload,
    *,
    files: FileRecords,
    uploads: UploadRecords,
    deadlines: Deadlines,
    objects: ObjectStore,
    parts: PartStore,
    part_threshold: int,
    clock: Clock,
) -> UploadState:
    """Reserve room for the file, and return its upload with the PUTs that deliver its bytes.

    Above `part_threshold` bytes it is transferred in parts.

    Raises:
        InvalidParameterError: a value is not acceptable.
        QuotaExceededError: the project has no room.
        ContentionError: too many concurrent changes of the project.
    """
    purpose = client_purpose(new.purpose)
    now = clock()
    file_id = new_file_id(now)
    born = created_at(file_id)
    upload = Upload(
        id=upload_of(file_id),
        filename=new.filename,
        bytes=_checked_size(new.bytes),
        purpose=purpose,
        mime_type=new.mime_type,
        expires_at=born + UPLOAD_LIFE,
        file_expires_at=expiry_of(purpose, born, new.expires_after),
        sha256=None if new.sha256 is None else _checked_digest(new.sha256),
    )
    if upload.bytes > part_threshold:
        # Before the record, which names it: S3's lifecycle aborts one that no record names.
        upload = replace(upload, multipart_id=parts.begin(tenant, file_id))
    try:
        admit_reclaiming(
            lambda: uploads.reserve(tenant, upload),
            tenant,
            deadlines=deadlines,
            files=files,
            uploads=uploads,
            clock=clock,
        )
    except LarderError:
        if upload.multipart_id is not None:
            parts.clear(tenant, upload)
        raise
    transfer = open_transfer(tenant, upload, (), objects=objects, parts=parts, now=now)
    return UploadState(upload, upload.status, transfer=transfer)


def _checked_size(size: int) -> int:
    if not 0 <= size <= LARGEST_UPLOAD:
        raise InvalidParameterError(
            f"bytes must be between 0 and {LARGEST_UPLOAD}, not {size}.", param="bytes"
        )
    return size


def _checked_digest(digest: str) -> str:
    lowered = digest.lower()
    if not _SHA256.fullmatch(lowered):
        raise InvalidParameterError(
            "sha256 must be the SHA-256 of the file as 64 hex digits.", param="sha256"
        )
    return lowered
