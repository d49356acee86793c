"""Hand out a file whole: its bytes if they are few, else where they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.domain.errors import NotFoundError
from larder.services.files_get import get_file
from larder.services.object_ports import SignedRequest, StoredBytes

if TYPE_CHECKING:
    from larder.domain.files import File
    from larder.domain.ids import TenantId
    from larder.services.object_ports import ObjectStore
    from larder.services.ports import Clock, FileRecords

METADATA_FROM = 4 * 2**20
"""Bytes from which on a file is answered without its content."""

DOWNLOAD_LIFE = 300


def read_file(
    tenant: TenantId, file_id: str, *, files: FileRecords, objects: ObjectStore, clock: Clock
) -> tuple[File, bytes | SignedRequest]:
    """Return the file with its bytes, or with a download link from `METADATA_FROM` bytes on.

    Raises:
        NotFoundError: there is no such file for this project, or its bytes have not arrived.
    """
    file = get_file(tenant, file_id, files=files, clock=clock)
    if file.bytes >= METADATA_FROM:
        return file, objects.sign_get(tenant, file, now=clock(), lifetime=DOWNLOAD_LIFE)
    read = objects.read(tenant, file.id, byte_range=None, if_none_match=None)
    if not isinstance(read, StoredBytes):
        raise NotFoundError("File", file_id)
    return file, read.data
