"""Get one file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.domain.errors import NotFoundError
from larder.domain.ids import parse_file_id

if TYPE_CHECKING:
    from larder.domain.files import File
    from larder.domain.ids import TenantId
    from larder.services.clock import Clock
    from larder.services.files.ports import FileRecords


def get_file(
    tenant: TenantId, file_id: str, *, files: FileRecords, clock: Clock, param: str = "id"
) -> File:
    """Return the project's file with that id.

    Raises:
        NotFoundError: the project has no such file, or it has expired or been deleted.
    """
    parsed = parse_file_id(file_id)
    file = None if parsed is None else files.get(tenant, parsed)
    if file is None or file.expired(clock()):
        raise NotFoundError("File", file_id, param=param)
    return file
