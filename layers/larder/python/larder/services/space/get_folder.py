"""Get one folder, alone or with how much lies in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.domain.errors import NotFoundError
from larder.domain.ids import parse_folder_id

if TYPE_CHECKING:
    from larder.domain.folders import Folder
    from larder.domain.ids import TenantId
    from larder.services.clock import Clock
    from larder.services.space.ports import FileSearch, FolderCounts, FolderRecords


def get_folder(
    tenant: TenantId, folder_id: str, *, folders: FolderRecords, param: str = "id"
) -> Folder:
    """Return the project's folder with that id.

    Raises:
        NotFoundError: the project has no such folder, or it is moving to the trash.
    """
    parsed = parse_folder_id(folder_id)
    folder = None if parsed is None else folders.get(tenant, parsed)
    if folder is None or folder.deleting:
        raise NotFoundError("Folder", folder_id, param=param)
    return folder


def counted_folder(
    tenant: TenantId,
    folder_id: str,
    *,
    folders: FolderRecords,
    search: FileSearch,
    clock: Clock,
) -> tuple[Folder, FolderCounts]:
    """Return the project's folder with that id, and how much lies directly in it.

    Raises:
        NotFoundError: the project has no such folder, or it is moving to the trash.
    """
    folder = get_folder(tenant, folder_id, folders=folders)
    return folder, search.counts(tenant, folder.id, clock())
