"""Get one folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.domain.errors import NotFoundError
from larder.domain.ids import parse_folder_id

if TYPE_CHECKING:
    from larder.domain.folders import Folder
    from larder.domain.ids import TenantId
    from larder.services.space.ports import FolderRecords


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
