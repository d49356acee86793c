"""Rename, move or mark a folder."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from larder.domain.errors import ContentionError, NotFoundError
from larder.domain.filenames import checked_name
from larder.domain.folders import folder_id_from
from larder.domain.ids import parse_folder_id
from larder.services.budget import spaced_attempts

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder.domain.folders import Folder
    from larder.domain.ids import TenantId
    from larder.services.space.ports import FolderRecords


@dataclass(frozen=True, slots=True)
class FolderChanges:
    """The changes; None leaves a field as it is. `parent` is an id, or `root`."""

    name: str | None = None
    parent: str | None = None
    favorite: bool | None = None


def update_folder(
    tenant: TenantId,
    folder_id: str,
    changes: FolderChanges,
    *,
    folders: FolderRecords,
    pause: Callable[[float], None],
) -> Folder:
    """Change the folder and return it. Its contents move with it.

    Raises:
        InvalidParameterError: the name is not acceptable.
        NotFoundError: there is no such folder, or no such new parent, for this project.
        ConflictError: it would be inside itself or too deep; or the parent has a folder of that
            name.
        ContentionError: too many concurrent changes to the project's folders.
    """
    wanted = parse_folder_id(folder_id)
    for _ in spaced_attempts(pause):
        tree = folders.tree(tenant)
        folder = None if wanted is None else tree.folders.get(wanted)
        if folder is None or tree.deleting(folder.id):
            raise NotFoundError("Folder", folder_id)
        changed = _changed(folder, changes)
        if changed == folder:
            return folder
        if (changed.name, changed.parent_id) != (folder.name, folder.parent_id):
            tree.check(changed)
        if folders.revise(tenant, folder, changed, tree.version):
            return changed
    raise ContentionError


def _changed(folder: Folder, changes: FolderChanges) -> Folder:
    return replace(
        folder,
        name=folder.name if changes.name is None else checked_name(changes.name, param="name"),
        parent_id=folder.parent_id
        if changes.parent is None
        else folder_id_from(changes.parent, param="parent_id"),
        favorite=folder.favorite if changes.favorite is None else changes.favorite,
    )
