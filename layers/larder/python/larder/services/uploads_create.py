"""Announce a file whose bytes the client will send straight to S3."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from larder.domain.errors import InvalidParameterError
from larder.domain.files import client_purpose, expiry_of
from larder.domain.ids import created_at, new_file_id, upload_of
from larder.domain.uploads import SINGLE_PUT_LIMIT, UPLOAD_LIFE, Upload
from larder.services.reclaim import admit_reclaiming
from larder.services.uploads_get import UploadState

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
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
    clock: Clock,
) -> UploadState:
    """Reserve room for the file, and return its upload with the PUT that delivers its bytes.

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
    admit_reclaiming(
        lambda: uploads.reserve(tenant, upload),
        tenant,
        deadlines=deadlines,
        files=files,
        uploads=uploads,
        clock=clock,
    )
    return UploadState(upload, upload.status, transfer=objects.sign_put(tenant, upload, now))


def _checked_size(size: int) -> int:
    if not 0 <= size <= SINGLE_PUT_LIMIT:
        raise InvalidParameterError(
            f"bytes must be between 0 and {SINGLE_PUT_LIMIT} (5 GiB), not {size}.", param="bytes"
        )
    return size


def _checked_digest(digest: str) -> str:
    lowered = digest.lower()
    if not _SHA256.fullmatch(lowered):
        raise InvalidParameterError(
            "sha256 must be the SHA-256 of the file as 64 hex digits.", param="sha256"
        )
    return lowered
