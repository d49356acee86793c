"""Delete a folder: an empty one for good, or any one to the trash with its contents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from larder.domain.errors import ConflictError, ContentionError, NotFoundError
from larder.domain.ids import parse_folder_id
from larder.domain.trash import TrashState
from larder.services.budget import spaced_attempts
from larder.services.space.get_folder import get_folder
from larder.services.space.ports import FileQuery, FolderCleanup
from larder.services.space.trash_folder import busy

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder.domain.ids import FolderId, TenantId
    from larder.services.clock import Clock
    from larder.services.space.finish_folder import FinishFolder
    from larder.services.space.folder_trash import FolderTrash
    from larder.services.space.ports import CleanupQueue, FileSearch, FolderRecords
    from larder.services.space.trash_folder import TrashContents


@dataclass(frozen=True, slots=True)
class DeleteFolder:
    """Delete a folder. What `keep_going()` leaves of its contents moves in the background."""

    folders: FolderRecords
    search: FileSearch
    folder_trash: FolderTrash
    trash_contents: TrashContents
    finish_folder: FinishFolder
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
        """Delete the folder, and return whether all that is in it has moved to the trash.

        The folder itself is gone at once. Deleting one again that is in the trash does no more.

        Raises:
            NotFoundError: there is no such folder for this project.
            ConflictError: it is not empty, and `recursive` is False; or it, or a folder in it, is
                still being restored.
            ContentionError: too many concurrent changes to the folder.
            ProjectFullError: the project has as many records as it can have.
        """
        parsed = parse_folder_id(folder_id)
        if parsed is None:
            raise NotFoundError("Folder", folder_id)
        if not recursive:
            self._delete_empty(tenant, parsed)
            return True
        folder = self.folders.get(tenant, parsed)
        if folder is not None and not folder.deleting:
            self.trash_contents.begin(tenant, parsed)
        else:
            root = self.folder_trash.get(tenant, parsed)
            if root is None or root.within is not None or not root.listed:
                raise NotFoundError("Folder", folder_id)
        # It is in the trash from here on. The sweeper sees the rest through.
        done = self.finish_folder(tenant, parsed, doing=TrashState.FILLING, keep_going=keep_going)
        if not done:
            self.cleanups.enqueue(tenant, FolderCleanup(parsed))
        return done

    def _delete_empty(self, tenant: TenantId, folder_id: FolderId) -> None:
        for _ in spaced_attempts(self.pause):
            # Read first: an addition after this read makes the removal fail.
            folder = get_folder(tenant, folder_id, folders=self.folders)
            if folder.restored_with is not None:
                raise busy(folder.restored_with, "being restored from the trash")
            files = self.search.search(
                tenant, FileQuery(folder=folder_id), limit=1, after=None, now=self.clock()
            )
            children = self.folders.children(tenant, folder_id, limit=1, after=None)
            if files.items or files.next or children.items:
                raise ConflictError(
                    f"Folder '{folder.name}' is not empty. Delete it with ?recursive=true to move "
                    "it to the trash with everything in it.",
                    code="folder_not_empty",
                    permanent=True,
                )
            if self.folders.remove(tenant, folder):
                return
        raise ContentionError
