"""Store a small file from the request's body."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from larder.domain.digests import checked_sha256
from larder.domain.errors import InvalidParameterError
from larder.domain.files import File, Purpose, client_purpose, expiry_of
from larder.domain.folders import folder_id_from
from larder.domain.ids import created_at, new_file_id
from larder.domain.media_types import media_type_of
from larder.domain.tags import checked_tags
from larder.services.files.validate import validate
from larder.services.quota import admit

if TYPE_CHECKING:
    from larder.domain.ids import FileId, TenantId
    from larder.services.clock import Clock
    from larder.services.files.ports import FileRecords
    from larder.services.object_store import ObjectStore
    from larder.services.quota import HeldQuota, Reclaim


@dataclass(frozen=True, slots=True)
class NewFile:
    """The file that the client sent.

    `mime_type` is None if the client sent none. `expires_after` is in seconds, None for the
    purpose's default. `folder_id` is None or `root` for no folder. `sha256` is the digest that the
    bytes must have, hex in either case, None to skip the check. `id` is a new id that was made for
    the file before, None to make one.
    """

    filename: str
    data: bytes
    purpose: str
    mime_type: str | None = None
    expires_after: int | None = None
    folder_id: str | None = None
    tags: tuple[str, ...] = ()
    sha256: str | None = None
    id: FileId | None = None


@dataclass(frozen=True, slots=True)
class CreateFile:
    """Admit a file, store its bytes, and return its record.

    The record precedes the bytes: a crash in between leaves a record that the sweeper releases,
    never bytes that nothing accounts for. A batch file is validated before the answer. After a
    crash in between, the event of its bytes leads to the same status.
    """

    files: FileRecords
    objects: ObjectStore
    reclaim: Reclaim
    held_quota: HeldQuota
    clock: Clock

    def __call__(self, tenant: TenantId, new: NewFile) -> File:
        """Create the file.

        Raises:
            InvalidParameterError: the purpose, the expiry or a tag is not acceptable, or the
                bytes do not have the client's `sha256`.
            NotFoundError: the folder does not exist for this project, or is being deleted.
            QuotaExceededError: the project has no room.
            ProjectFullError: the project has as many records as it can have.
            ContentionError: too many concurrent changes to the project.
        """
        purpose = client_purpose(new.purpose)
        sha256 = _checked_digest(new)
        file_id = new.id or new_file_id(self.clock())
        file = File(
            id=file_id,
            filename=new.filename,
            bytes=len(new.data),
            purpose=purpose,
            mime_type=media_type_of(new.filename, new.mime_type),
            expires_at=expiry_of(purpose, created_at(file_id), new.expires_after),
            sha256=sha256,
            folder_id=folder_id_from(new.folder_id, param="folder_id"),
            tags=checked_tags(new.tags, param="tags"),
        )
        admit(
            tenant,
            lambda: self.files.admit(tenant, file),
            reclaim=self.reclaim,
            held_quota=self.held_quota,
        )
        try:
            return self._store(tenant, file, new.data)
        except Exception:
            self.files.release(tenant, file)
            raise

    def _store(self, tenant: TenantId, file: File, data: bytes) -> File:
        if file.purpose is not Purpose.BATCH:
            self.objects.put(tenant, file.id, data)
            return file
        # The report precedes the bytes: if the file is deleted meanwhile, the event of its bytes
        # leads to the removal of both.
        settlement = validate(tenant, file, [data], objects=self.objects, clock=self.clock)
        self.objects.put(tenant, file.id, data)
        # If the event was faster, it found the same.
        self.files.settle(tenant, file, settlement)
        return replace(file, status=settlement.status, status_details=settlement.details)


def _checked_digest(new: NewFile) -> str:
    found = hashlib.sha256(new.data).hexdigest()
    if new.sha256 is not None and checked_sha256(new.sha256) != found:
        raise InvalidParameterError(
            f"The SHA-256 of the {len(new.data)} bytes that arrived is {found}, "
            f"not {new.sha256.lower()}. Nothing was stored: send the file again.",
            param="sha256",
        )
    return found
