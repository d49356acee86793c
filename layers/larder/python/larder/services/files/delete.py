"""Delete a file for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.domain.errors import NotFoundError
from larder.services.files.get import get_file

if TYPE_CHECKING:
    from larder.domain.ids import FileId, TenantId
    from larder.services.clock import Clock
    from larder.services.files.ports import FileRecords


def delete_file(tenant: TenantId, file_id: str, *, files: FileRecords, clock: Clock) -> FileId:
    """Remove the file from all reads and free its quota. The stream handler deletes its bytes.

    Raises:
        NotFoundError: there is no such file for this project, or it was just deleted.
        ContentionError: too many concurrent changes to the project.
    """
    file = get_file(tenant, file_id, files=files, clock=clock)
    if not files.release(tenant, file):
        raise NotFoundError("File", file_id)
    return file.id
