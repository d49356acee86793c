"""Move files to the trash."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.domain.errors import ContentionError
from larder.services.budget import attempts
from larder.services.files.get import get_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from larder.domain.files import File
    from larder.domain.ids import FileId, TenantId
    from larder.domain.trash import TrashedFolder
    from larder.services.clock import Clock
    from larder.services.files.ports import FileRecords
    from larder.services.space.ports import TrashRecords


def trash_file(
    tenant: TenantId, file_id: str, *, files: FileRecords, trash: TrashRecords, clock: Clock
) -> FileId:
    """Move the file to the trash: hidden from all reads, still counted, restorable.

    Raises:
        NotFoundError: there is no such file for this project.
        ContentionError: too many concurrent changes to the file.
    """
    for _ in attempts():
        file = get_file(tenant, file_id, files=files, clock=clock)
        if trash.put(tenant, [file], clock()):
            return file.id
    raise ContentionError


def trash_all(
    tenant: TenantId,
    found: Sequence[File],
    *,
    trash: TrashRecords,
    now: float,
    within: TrashedFolder | None = None,
) -> None:
    """Move up to `MAX_FILES_PER_TRANSACTION` files to the trash, except those that have changed."""
    if not trash.put(tenant, found, now, within=within):
        for file in found:
            trash.put(tenant, [file], now, within=within)
