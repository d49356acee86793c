"""Find one folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.domain.errors import NotFoundError
from larder.domain.ids import parse_folder_id

if TYPE_CHECKING:
    from larder.domain.folders import Folder
    from larder.domain.ids import FolderId, TenantId
    from larder.services.space_ports import FolderRecords

ROOT = "root"
"""How clients name the place of what lies in no folder."""


def find_folder(
    tenant: TenantId, folder_id: str, *, folders: FolderRecords, param: str = "id"
) -> Folder:
    """Return the project's folder with that id; one that is being deleted is still there.

    Raises:
        NotFoundError: there is none for this project: another's, deleted or random.
    """
    parsed = parse_folder_id(folder_id)
    folder = None if parsed is None else folders.get(tenant, parsed)
    if folder is None:
        raise NotFoundError("Folder", folder_id, param=param)
    return folder


def folder_named(raw: str | None, *, param: str) -> FolderId | None:
    """Return the id that a client gave of a folder, None for the root.

    Raises:
        NotFoundError: it is not a well-formed one, so that there is no such folder.
    """
    if raw is None or raw == ROOT:
        return None
    parsed = parse_folder_id(raw)
    if parsed is None:
        raise NotFoundError("Folder", raw, param=param)
    return parsed
