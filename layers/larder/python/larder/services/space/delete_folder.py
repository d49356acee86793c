"""Delete a folder: an empty one, or with all that lies in it, whose files go to the trash."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from larder.domain.errors import ConflictError, ContentionError, NotFoundError
from larder.domain.folders import CLEARING_GRACE
from larder.domain.ids import parse_folder_id
from larder.services.space.get_folder import get_folder
from larder.services.space.ports import MAX_FILES_PER_TRANSACTION, FileQuery
from larder.services.space.trash_file import trash_all

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder.domain.ids import FolderId, TenantId
    from larder.services.clock import Clock
    from larder.services.space.ports import CleanupQueue, FileSearch, FolderRecords, TrashRecords

ATTEMPTS = 20


@dataclass(frozen=True, slots=True)
class EmptyFolder:
    """The ports that emptying a folder needs."""

    folders: FolderRecords
    search: FileSearch
    trash: TrashRecords
    clock: Clock

    def clear(
        self, tenant: TenantId, folder_id: FolderId, *, keep_going: Callable[[], bool]
    ) -> bool:
        """Move all files of the folder and of those in it to the trash, then remove the folders.

        From the top down nothing more is let in; from the bottom up what is empty is removed: so
        a visible file never lies in a folder that is gone, and the work can be taken up again at
        any point. Returns whether it is done; False when `keep_going()` was.
        """
        if self.folders.get(tenant, folder_id) is None:
            return True
        self.folders.close(tenant, folder_id, int(self.clock()) + CLEARING_GRACE)
        here, after = FileQuery(folder=folder_id), None
        while keep_going():
            now = self.clock()
            found = self.search.search(
                tenant, here, limit=MAX_FILES_PER_TRANSACTION, after=after, now=now
            )
            if found.items:
                trash_all(tenant, found.items, trash=self.trash, now=now)
                continue
            if found.next is not None:
                # So many have expired here that the search stopped before it came to one.
                after = found.next
                continue
            children = self.folders.children(
                tenant, folder_id, limit=MAX_FILES_PER_TRANSACTION, after=None
            )
            for child in children.items:
                if not self.clear(tenant, child.id, keep_going=keep_going):
                    return False
            if not children.items:
                folder = self.folders.get(tenant, folder_id)
                if folder is None or self.folders.remove(tenant, folder):
                    return True
        return False


def delete_folder(
    tenant: TenantId,
    folder_id: str,
    *,
    recursive: bool,
    empty_folder: EmptyFolder,
    cleanups: CleanupQueue,
    keep_going: Callable[[], bool],
) -> bool:
    """Delete the folder; what `keep_going()` leaves of its contents is done in the background.

    Returns whether it is gone; while it is not, it can be read but nothing can be put into it.

    Raises:
        NotFoundError: there is no such folder for this project.
        ConflictError: it is not empty, and `recursive` is not set.
        ContentionError: others put something in and took it out again and again.
    """
    parsed = parse_folder_id(folder_id)
    if parsed is None:
        raise NotFoundError("Folder", folder_id)
    if not recursive:
        _delete_empty(tenant, parsed, empty_folder=empty_folder)
        return True
    get_folder(tenant, parsed, folders=empty_folder.folders)
    # Marked before anything else: from here on the sweeper sees to it that it is finished.
    done = empty_folder.clear(tenant, parsed, keep_going=keep_going)
    if not done:
        cleanups.clear_folder(tenant, parsed)
    return done


def _delete_empty(tenant: TenantId, folder_id: FolderId, *, empty_folder: EmptyFolder) -> None:
    for _ in range(ATTEMPTS):
        # Read first: an addition that is made after this read keeps it from being removed.
        folder = get_folder(tenant, folder_id, folders=empty_folder.folders)
        files = empty_folder.search.search(
            tenant, FileQuery(folder=folder_id), limit=1, after=None, now=empty_folder.clock()
        )
        children = empty_folder.folders.children(tenant, folder_id, limit=1, after=None)
        if files.items or files.next or children.items:
            raise ConflictError(
                f"Folder '{folder.name}' is not empty. Delete it with ?recursive=true to move "
                "its files to the trash.",
                code="folder_not_empty",
                permanent=True,
            )
        if empty_folder.folders.remove(tenant, folder):
            return
    raise ContentionError
