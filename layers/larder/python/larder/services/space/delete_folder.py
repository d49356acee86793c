"""Delete a folder: an empty one, or one with its contents, whose files go to the trash."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from larder.domain.errors import ConflictError, ContentionError, NotFoundError
from larder.domain.folders import CLEARING_GRACE
from larder.domain.ids import parse_folder_id
from larder.services.budget import spaced_attempts
from larder.services.space.get_folder import get_folder
from larder.services.space.ports import MAX_FILES_PER_TRANSACTION, FileQuery, FolderCleanup
from larder.services.space.trash_file import trash_all

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder.domain.ids import FolderId, TenantId
    from larder.services.clock import Clock
    from larder.services.space.ports import CleanupQueue, FileSearch, FolderRecords, TrashRecords


@dataclass(frozen=True, slots=True)
class EmptyFolder:
    """Move all files of a folder and of its subfolders to the trash, then remove the folders.

    Folders are closed to additions from the top down, and removed from the bottom up once they are
    empty. So no visible file is ever in a removed folder, and the work can resume at any point.
    """

    folders: FolderRecords
    search: FileSearch
    trash: TrashRecords
    clock: Clock

    def __call__(
        self, tenant: TenantId, folder_id: FolderId, *, keep_going: Callable[[], bool]
    ) -> bool:
        """Empty and remove the folder; False when `keep_going()` ended it early."""
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
                # The search stopped at its limit: it found only expired files so far.
                after = found.next
                continue
            children = self.folders.children(
                tenant, folder_id, limit=MAX_FILES_PER_TRANSACTION, after=None
            )
            for child in children.items:
                if not self(tenant, child.id, keep_going=keep_going):
                    return False
            if not children.items:
                folder = self.folders.get(tenant, folder_id)
                if folder is None or self.folders.remove(tenant, folder):
                    return True
        return False


@dataclass(frozen=True, slots=True)
class DeleteFolder:
    """Delete a folder. What `keep_going()` leaves of its contents is deleted in the background."""

    folders: FolderRecords
    search: FileSearch
    empty_folder: EmptyFolder
    cleanups: CleanupQueue
    clock: Clock
    pause: Callable[[float], None]

    def __call__(
        self,
        tenant: TenantId,
        folder_id: str,
        *,
        recursive: bool,
        keep_going: Callable[[], bool],
    ) -> bool:
        """Delete the folder, and return whether it is gone.

        Until then it can be read, but nothing can be added to it.

        Raises:
            NotFoundError: there is no such folder for this project.
            ConflictError: it is not empty, and `recursive` is False.
            ContentionError: too many concurrent changes to the folder.
        """
        parsed = parse_folder_id(folder_id)
        if parsed is None:
            raise NotFoundError("Folder", folder_id)
        if not recursive:
            self._delete_empty(tenant, parsed)
            return True
        get_folder(tenant, parsed, folders=self.folders)
        # This closes the folder first. From then on the sweeper sees the deletion through.
        done = self.empty_folder(tenant, parsed, keep_going=keep_going)
        if not done:
            self.cleanups.enqueue(tenant, FolderCleanup(parsed))
        return done

    def _delete_empty(self, tenant: TenantId, folder_id: FolderId) -> None:
        for _ in spaced_attempts(self.pause):
            # Read first: an addition after this read makes the removal fail.
            folder = get_folder(tenant, folder_id, folders=self.folders)
            files = self.search.search(
                tenant, FileQuery(folder=folder_id), limit=1, after=None, now=self.clock()
            )
            children = self.folders.children(tenant, folder_id, limit=1, after=None)
            if files.items or files.next or children.items:
                raise ConflictError(
                    f"Folder '{folder.name}' is not empty. Delete it with ?recursive=true to move "
                    "its files to the trash.",
                    code="folder_not_empty",
                    permanent=True,
                )
            if self.folders.remove(tenant, folder):
                return
        raise ContentionError
