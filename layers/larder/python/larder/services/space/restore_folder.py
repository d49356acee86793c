"""Restore a folder from the trash with everything in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING

from larder.domain.errors import ConflictError, ContentionError, NotFoundError
from larder.domain.filenames import folded, numbered
from larder.domain.files import FileStatus
from larder.domain.folders import CLEARING_GRACE, MAX_DEPTH, MAX_FOLDERS, FolderTree
from larder.domain.trash import TrashState
from larder.services.budget import attempts
from larder.services.space import folder_trash as bounds
from larder.services.space.list_trash import seen_in_trash
from larder.services.space.ports import FolderCleanup
from larder.services.space.trash_folder import busy

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from larder.domain.folders import Folder
    from larder.domain.ids import FolderId, TenantId
    from larder.domain.trash import TrashedFolder
    from larder.services.clock import Clock
    from larder.services.files.ports import ValidationQueue
    from larder.services.space.finish_folder import FinishFolder
    from larder.services.space.folder_trash import FolderTrash
    from larder.services.space.old_place import OldPlace
    from larder.services.space.ports import CleanupQueue, FolderRecords, TrashRecords


@dataclass(frozen=True, slots=True)
class RestoreContents:
    """Move a folder out of the trash: first all folders, each after its parent, then their files.

    A folder stays in the trash as well until its files are back, by which the rest can be found.
    """

    folders: FolderRecords
    trash: TrashRecords
    folder_trash: FolderTrash
    old_place: OldPlace
    validation_queue: ValidationQueue
    clock: Clock

    def __call__(
        self, tenant: TenantId, root: TrashedFolder, *, keep_going: Callable[[], bool]
    ) -> bool:
        """Move what is left; False when `keep_going()` ended it early."""
        inside = self.folder_trash.folders_in(tenant, root.folder.id)
        todo = [each.folder for each in _from_the_top(root, inside)]
        while keep_going():
            if self._reopen(tenant, root, todo):
                break
            if self._differs(tenant, root):
                return True
        else:
            return False
        for folder in reversed(todo):
            if not self._move_files(tenant, root, folder.id, keep_going):
                return False
            self.folder_trash.settle(tenant, root, folder.id)
        return True

    def _reopen(self, tenant: TenantId, root: TrashedFolder, todo: Sequence[Folder]) -> bool:
        """Put back the folders that are not yet; False if the tree changed meanwhile."""
        tree = self.folders.tree(tenant)
        missing = [folder for folder in todo if folder.id not in tree.folders]
        if not missing:
            return True
        if missing[0].id == root.folder.id:
            parent_id = self.old_place.parent(tenant, root.folder.id)
            tree = self.folders.tree(tenant)
            if root.folder.id in tree.folders:
                return False
            if parent_id is not None:
                if parent_id not in tree.folders or tree.deleting(parent_id):
                    return False
                if tree.depth(parent_id) + _height(todo) > MAX_DEPTH:
                    parent_id = None
            missing[0] = replace(missing[0], parent_id=parent_id)
        placed = _placed(tree, missing)
        for done, start in enumerate(range(0, len(placed), bounds.MAX_REOPENED)):
            some = placed[start : start + bounds.MAX_REOPENED]
            if not self.folder_trash.reopen(tenant, root, some, tree.version + done):
                return False
        return True

    def _move_files(
        self,
        tenant: TenantId,
        root: TrashedFolder,
        folder_id: FolderId,
        keep_going: Callable[[], bool],
    ) -> bool:
        while keep_going():
            found = self.folder_trash.files_in(tenant, folder_id, bounds.MAX_RESTORED)
            if not found:
                return True
            # A new revision: a change that is based on an older read must fail.
            moves = [(each, replace(each.file, revision=each.file.revision + 1)) for each in found]
            if not self.folder_trash.restore(tenant, root, moves):
                moves = [one for one in moves if self.folder_trash.restore(tenant, root, [one])]
            for _, file in moves:
                if file.status is FileStatus.UPLOADED:
                    # Its bytes may have arrived while it was in the trash.
                    self.validation_queue.enqueue(tenant, file.id)
        return False

    def _differs(self, tenant: TenantId, root: TrashedFolder) -> bool:
        now = self.folder_trash.get(tenant, root.folder.id)
        return now is None or (now.state, now.version) != (root.state, root.version)


@dataclass(frozen=True, slots=True)
class RestoreFolder:
    """Restore a folder. What `keep_going()` leaves of its contents moves in the background."""

    folders: FolderRecords
    folder_trash: FolderTrash
    finish_folder: FinishFolder
    cleanups: CleanupQueue
    clock: Clock

    def __call__(
        self, tenant: TenantId, folder_id: FolderId, *, keep_going: Callable[[], bool]
    ) -> tuple[Folder, bool]:
        """Return the folder, and whether everything in it is back.

        It goes to its parent, or to a folder made anew at the same path, or to the root if that
        cannot be; if its name is taken there, it gets a number. Restoring one again that has been
        restored does no more.

        Raises:
            NotFoundError: the project's trash has no such folder.
            ConflictError: it is still moving there; or the project has too many folders; or it lies
                in another folder in the trash.
            ProjectFullError: the project has as many records as it can have.
        """
        done = True
        for _ in attempts():
            root = self.folder_trash.get(tenant, folder_id)
            if root is None:
                break
            if root.within is not None or root.state is not TrashState.RESTORING:
                seen_in_trash(folder_id, root, self.clock())
            if root.state is TrashState.KEPT:
                self._check_room(tenant, root)
                due_at = int(self.clock()) + CLEARING_GRACE
                self.folder_trash.turn(tenant, root, TrashState.RESTORING, due_at)
                continue
            done = self.finish_folder(tenant, folder_id, doing=root.state, keep_going=keep_going)
            if not done:
                self.cleanups.enqueue(tenant, FolderCleanup(folder_id))
                if root.state is TrashState.FILLING:
                    raise busy(folder_id, "moving to the trash")
                return self.folders.get(tenant, folder_id) or root.folder, False
        else:
            raise ContentionError
        folder = self.folders.get(tenant, folder_id)
        if folder is None or folder.deleting:
            raise NotFoundError("Folder", folder_id)
        return folder, done

    def _check_room(self, tenant: TenantId, root: TrashedFolder) -> None:
        count = len(self.folders.tree(tenant).folders) + root.folder_count + 1
        if count > MAX_FOLDERS:
            raise ConflictError(
                f"The project would have {count} folders, and may have {MAX_FOLDERS}. "
                "Delete some first.",
                code="too_many_folders",
                permanent=True,
            )


def _from_the_top(root: TrashedFolder, inside: Sequence[TrashedFolder]) -> list[TrashedFolder]:
    children: dict[FolderId | None, list[TrashedFolder]] = {}
    for each in inside:
        children.setdefault(each.folder.parent_id, []).append(each)
    found = [root]
    for each in found:
        found += children.pop(each.folder.id, ())
    return [*found, *chain.from_iterable(children.values())]


def _height(from_the_top: Sequence[Folder]) -> int:
    level = {from_the_top[0].id: 1}
    for folder in from_the_top[1:]:
        level[folder.id] = 1 if folder.parent_id is None else level.get(folder.parent_id, 0) + 1
    return max(level.values())


def _placed(tree: FolderTree, folders: Sequence[Folder]) -> list[Folder]:
    """Return the folders with names that are free; in the root if a parent is too deep by now."""
    all_folders = dict(tree.folders)
    grown = FolderTree(all_folders, tree.version)
    taken = {
        (folder.parent_id, folded(folder.name))
        for folder in all_folders.values()
        if not folder.deleting
    }
    placed = []
    for folder in folders:
        parent_id = folder.parent_id
        if parent_id is not None and (
            parent_id not in all_folders or grown.depth(parent_id) >= MAX_DEPTH
        ):
            parent_id = None
        name, number = folder.name, 1
        while (parent_id, folded(name)) in taken:
            number += 1
            name = numbered(folder.name, number)
        new = replace(folder, name=name, parent_id=parent_id, additions=0, closed_for=None)
        taken.add((parent_id, folded(name)))
        all_folders[new.id] = new
        placed.append(new)
    return placed
