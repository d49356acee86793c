"""Create a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.domain.errors import ContentionError
from larder.domain.filenames import checked_name
from larder.domain.folders import Folder, folder_id_from
from larder.domain.ids import new_folder_id
from larder.services.budget import spaced_attempts

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder.domain.ids import FolderId, TenantId
    from larder.services.clock import Clock
    from larder.services.space.ports import FolderRecords


def create_folder(
    tenant: TenantId,
    name: str,
    parent: str | None,
    *,
    folders: FolderRecords,
    clock: Clock,
    pause: Callable[[float], None],
    folder_id: FolderId | None = None,
) -> Folder:
    """Create a folder in `parent`, None or `root` for the root, and return it.

    `folder_id` is a new id that was made for it before; None to make one.

    Raises:
        InvalidParameterError: the name is not acceptable.
        NotFoundError: there is no such parent for this project, or it is being deleted.
        ConflictError: the parent has a folder of that name, in any case, or is too deep.
        ContentionError: too many concurrent changes to the project's folders.
    """
    folder = Folder(
        id=folder_id or new_folder_id(clock()),
        name=checked_name(name, param="name"),
        parent_id=folder_id_from(parent, param="parent_id"),
    )
    for _ in spaced_attempts(pause):
        tree = folders.tree(tenant)
        tree.check(folder)
        if folders.create(tenant, folder, tree.version):
            return folder
    raise ContentionError
