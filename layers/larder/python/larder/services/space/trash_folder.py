"""Move a folder to the trash with everything in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from larder.domain.errors import ConflictError, ContentionError, NotFoundError
from larder.domain.folders import CLEARING_GRACE
from larder.domain.trash import TrashedFolder
from larder.services.budget import spaced_attempts
from larder.services.space import folder_trash as bounds
from larder.services.space.ports import MAX_FILES_PER_TRANSACTION, FileQuery
from larder.services.space.trash_file import trash_all

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder.domain.folders import Folder
    from larder.domain.ids import FolderId, TenantId
    from larder.services.clock import Clock
    from larder.services.space.folder_trash import FolderTrash
    from larder.services.space.ports import FileSearch, FolderRecords, TrashRecords


def busy(folder_id: FolderId, doing: str) -> ConflictError:
    """Return the error for a folder that is on its way; the same request may succeed later."""
    return ConflictError(
        f"Folder {folder_id} is still {doing}. Try again in a minute.",
        code="folder_busy",
        permanent=False,
    )


@dataclass(frozen=True, slots=True)
class TrashContents:
    """Move a folder to the trash: close it and all folders in it, then move files and folders.

    A closed folder is gone for every reader, and nothing can be put into it. Folders move after
    their files and before their parents. So whatever is left can be found from the tree.
    """

    folders: FolderRecords
    search: FileSearch
    trash: TrashRecords
    folder_trash: FolderTrash
    clock: Clock
    pause: Callable[[float], None]

    def begin(self, tenant: TenantId, folder_id: FolderId) -> TrashedFolder:
        """Put the folder into the trash's list and close it, with the first folders in it.

        If that has been done, return what is there.

        Raises:
            NotFoundError: there is no such folder for this project.
            ConflictError: it, or a folder in it, is still being restored.
            ContentionError: too many concurrent changes to the project's folders.
            ProjectFullError: the project has as many records as it can have.
        """
        for _ in spaced_attempts(self.pause):
            tree = self.folders.tree(tenant)
            folder = tree.folders.get(folder_id)
            if folder is None or (tree.deleting(folder_id) and folder.closed_for != folder_id):
                raise NotFoundError("Folder", folder_id)
            begun = self.folder_trash.get(tenant, folder_id) if folder.deleting else None
            if begun is not None:
                return begun
            inside = tree.with_all_in_it(folder_id)
            for each in inside:
                if each.restored_with is not None:
                    raise busy(each.restored_with, "being restored from the trash")
            now = int(self.clock())
            root = TrashedFolder(
                folder,
                deleted_at=now,
                path=tree.path_to(folder_id),
                folder_count=len(inside) - 1,
                version=tree.version,
            )
            others = [each.id for each in inside[1 : 1 + bounds.MAX_CLOSED]]
            if self.folder_trash.begin(tenant, root, others, now + CLEARING_GRACE):
                return root
        raise ContentionError

    def __call__(
        self, tenant: TenantId, root: TrashedFolder, *, keep_going: Callable[[], bool]
    ) -> bool:
        """Move what is left; False when `keep_going()` ended it, or others were faster."""
        while keep_going():
            tree = self.folders.tree(tenant)
            if root.folder.id not in tree.folders:
                return True
            inside = tree.with_all_in_it(root.folder.id)
            if not self._close(tenant, root, inside):
                if self._differs(tenant, root):
                    return True
                continue
            for folder in reversed(inside):
                if not self._move_files(tenant, root, folder.id, keep_going):
                    return False
                if folder.id == root.folder.id:
                    moved = over = self.folder_trash.finish(tenant, root)
                else:
                    moved, over = self.folder_trash.keep(tenant, root, folder), False
                if over or (not moved and self._differs(tenant, root)):
                    return True
        return False

    def _close(self, tenant: TenantId, root: TrashedFolder, inside: list[Folder]) -> bool:
        still_open = [folder.id for folder in inside if not folder.deleting]
        for start in range(0, len(still_open), bounds.MAX_CLOSED):
            some = still_open[start : start + bounds.MAX_CLOSED]
            if not self.folder_trash.close(tenant, root, some):
                return False
        return True

    def _move_files(
        self,
        tenant: TenantId,
        root: TrashedFolder,
        folder_id: FolderId,
        keep_going: Callable[[], bool],
    ) -> bool:
        here, after = FileQuery(folder=folder_id), None
        while keep_going():
            now = self.clock()
            found = self.search.search(
                tenant, here, limit=MAX_FILES_PER_TRANSACTION, after=after, now=now
            )
            if found.items:
                trash_all(tenant, found.items, trash=self.trash, now=now, within=root)
            elif found.next is None:
                return True
            else:
                # The search stopped at its limit: it found only expired files so far.
                after = found.next
        return False

    def _differs(self, tenant: TenantId, root: TrashedFolder) -> bool:
        now = self.folder_trash.get(tenant, root.folder.id)
        return now is None or (now.state, now.version) != (root.state, root.version)
