"""List the subfolders of a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.domain.folders import folder_id_from
from larder.services.space.get_folder import get_folder
from larder.services.space.pages import checked_limit

if TYPE_CHECKING:
    from larder.domain.folders import Folder
    from larder.domain.ids import TenantId
    from larder.services.space.ports import FolderRecords, Page, Position


def list_folders(
    tenant: TenantId,
    parent: str | None,
    *,
    limit: int,
    after: Position | None,
    folders: FolderRecords,
) -> Page[Folder]:
    """Return a page of the subfolders of `parent` by name; None or `root` is the root.

    Raises:
        InvalidParameterError: `limit` is out of range.
        NotFoundError: there is no such parent for this project.
    """
    parent_id = folder_id_from(parent, param="parent_id")
    if parent_id is not None:
        get_folder(tenant, parent_id, folders=folders, param="parent_id")
    return folders.children(tenant, parent_id, limit=checked_limit(limit), after=after)
