"""Store a small file that came with the request."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from larder.domain.files import File, client_purpose, expiry_of
from larder.domain.ids import created_at, new_file_id
from larder.services.reclaim import admit_reclaiming

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from larder.services.ports import Clock, Deadlines, FileRecords, ObjectStore, UploadRecords


@dataclass(frozen=True, slots=True)
class NewFile:
    """What the client sent: `expires_after` in seconds, None for the purpose's own."""

    filename: str
    data: bytes
    purpose: str
    mime_type: str
    expires_after: int | None = None


def create_file(
    tenant: TenantId,
    new: NewFile,
    *,
    files: FileRecords,
    uploads: UploadRecords,
    deadlines: Deadlines,
    objects: ObjectStore,
    clock: Clock,
) -> File:
    """Admit the file, store its bytes, and return its record.

    The record precedes the bytes: a crash in between leaves a record that the sweeper releases,
    never bytes that nothing accounts for.

    Raises:
        InvalidParameterError: the purpose or the expiry is not acceptable.
        QuotaExceededError: the project has no room.
        ContentionError: too many concurrent changes of the project.
    """
    purpose = client_purpose(new.purpose)
    file_id = new_file_id(clock())
    file = File(
        id=file_id,
        filename=new.filename,
        bytes=len(new.data),
        purpose=purpose,
        mime_type=new.mime_type,
        expires_at=expiry_of(purpose, created_at(file_id), new.expires_after),
        sha256=hashlib.sha256(new.data).hexdigest(),
    )
    admit_reclaiming(
        lambda: files.admit(tenant, file),
        tenant,
        deadlines=deadlines,
        files=files,
        uploads=uploads,
        clock=clock,
    )
    try:
        objects.put(tenant, file_id, new.data)
    except Exception:
        files.release(tenant, file)
        raise
    return file
