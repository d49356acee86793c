"""Read a whole file: a small one's bytes, or a download link."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.domain.errors import NotFoundError
from larder.domain.limits import MAX_INLINE_BYTES, URL_LIFETIME
from larder.services.files.get import get_file
from larder.services.object_store import SignedRequest, StoredBytes

if TYPE_CHECKING:
    from larder.domain.files import File
    from larder.domain.ids import TenantId
    from larder.services.clock import Clock
    from larder.services.files.ports import FileRecords
    from larder.services.object_store import ObjectStore


def read_file(
    tenant: TenantId, file_id: str, *, files: FileRecords, objects: ObjectStore, clock: Clock
) -> tuple[File, bytes | SignedRequest]:
    """Return the file with its bytes, or from `MAX_INLINE_BYTES` bytes on with a download link.

    Raises:
        NotFoundError: there is no such file for this project, or its bytes have not arrived.
    """
    file = get_file(tenant, file_id, files=files, clock=clock)
    if file.bytes >= MAX_INLINE_BYTES:
        return file, objects.sign_get(tenant, file, now=clock(), lifetime=URL_LIFETIME)
    read = objects.read(tenant, file.id, byte_range=None, if_none_match=None)
    if not isinstance(read, StoredBytes):
        raise NotFoundError("File", file_id)
    return file, read.data
