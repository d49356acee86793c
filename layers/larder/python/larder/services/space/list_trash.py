"""List the trash, and get one file or folder in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.domain.errors import ConflictError, NotFoundError
from larder.domain.ids import parse_file_id, parse_folder_id
from larder.services.space.pages import checked_limit

if TYPE_CHECKING:
    from larder.domain.ids import FolderId, TenantId
    from larder.domain.trash import TrashedFile, TrashedFolder
    from larder.services.clock import Clock
    from larder.services.space.folder_trash import FolderTrash
    from larder.services.space.ports import Page, Position, TrashRecords


def list_trash(
    tenant: TenantId,
    folder_id: str | None = None,
    *,
    limit: int,
    after: Position | None,
    trash: TrashRecords,
    folder_trash: FolderTrash,
    clock: Clock,
) -> Page[TrashedFile | TrashedFolder]:
    """Return a page of the trash, last deleted first, at most `limit` (1..1000).

    What lies in a deleted folder is listed by that folder's id alone.

    Raises:
        InvalidParameterError: `limit` is out of range.
        NotFoundError: the project's trash has no such folder.
    """
    within = None if folder_id is None else parse_folder_id(folder_id)
    if folder_id is not None and (
        within is None
        or taken_along_by(tenant, within, folder_trash=folder_trash, clock=clock) is None
    ):
        raise NotFoundError("Folder", folder_id, param="folder_id")
    return trash.page(tenant, limit=checked_limit(limit), after=after, now=clock(), folder=within)


def taken_along_by(
    tenant: TenantId, folder_id: FolderId, *, folder_trash: FolderTrash, clock: Clock
) -> TrashedFolder | None:
    """Return the deleted folder by which a folder is in the trash: itself, or one above it.

    None if the folder is not in the trash, or people no longer see it there.
    """
    found = folder_trash.get(tenant, folder_id)
    if found is not None and found.within is not None:
        found = folder_trash.get(tenant, found.within)
    if found is None or not found.listed or found.expired(clock()):
        return None
    return found


def get_trashed_file(
    tenant: TenantId, file_id: str, *, trash: TrashRecords, clock: Clock
) -> TrashedFile:
    """Return the file in the project's trash with that id.

    Raises:
        NotFoundError: the project's trash has no such file.
    """
    parsed = parse_file_id(file_id)
    trashed = None if parsed is None else trash.get(tenant, parsed)
    if trashed is None or trashed.expired(clock()):
        raise NotFoundError("File", file_id)
    return trashed


def seen_in_trash(folder_id: FolderId, trashed: TrashedFolder | None, now: float) -> TrashedFolder:
    """Return what is stored of a folder if people see it in the project's trash.

    Raises:
        NotFoundError: they do not.
        ConflictError: it lies in another folder that was deleted.
    """
    if trashed is None or not trashed.listed or trashed.expired(now):
        raise NotFoundError("Folder", folder_id)
    if trashed.within is not None:
        raise ConflictError(
            f"Folder {folder_id} lies in the folder {trashed.within}, which is in the trash. "
            "Restore or delete that one, or single files.",
            code="folder_in_folder",
            permanent=True,
        )
    return trashed
