"""Restore a file from the trash."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from larder.domain.errors import NotFoundError
from larder.domain.files import FileStatus
from larder.services.space.list_trash import get_trashed_file

if TYPE_CHECKING:
    from larder.domain.files import File
    from larder.domain.ids import TenantId
    from larder.services.clock import Clock
    from larder.services.files.ports import ValidationQueue
    from larder.services.space.ports import TrashRecords


def restore_file(
    tenant: TenantId,
    file_id: str,
    *,
    trash: TrashRecords,
    validation_queue: ValidationQueue,
    clock: Clock,
) -> File:
    """Restore the file to its folder, or to the root if the folder is gone, and return it.

    Raises:
        NotFoundError: the project's trash has no such file.
    """
    trashed = get_trashed_file(tenant, file_id, trash=trash, clock=clock)
    # A new revision: a change that is based on a read before the file was trashed must fail.
    file = replace(trashed.file, revision=trashed.file.revision + 1)
    try:
        restored = trash.restore(tenant, trashed, file)
    except NotFoundError:
        file = replace(file, folder_id=None)
        restored = trash.restore(tenant, trashed, file)
    if not restored:
        raise NotFoundError("File", file_id)
    if file.status is FileStatus.UPLOADED:
        # Its bytes may have arrived while it was in the trash.
        validation_queue.enqueue(tenant, file.id)
    return file
