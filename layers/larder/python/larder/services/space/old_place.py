"""Where something in the trash goes back to: its old folder, or one made anew at its path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from larder.domain.errors import ConflictError, ContentionError
from larder.domain.folders import Folder
from larder.domain.ids import new_folder_id
from larder.services.budget import spaced_attempts

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder.domain.folders import FolderTree
    from larder.domain.ids import FolderId, TenantId
    from larder.services.clock import Clock
    from larder.services.space.folder_trash import FolderTrash
    from larder.services.space.ports import FolderRecords

    type Way = tuple[FolderId | None, list[str]]


@dataclass(frozen=True, slots=True)
class OldPlace:
    """Find the folder that something lay in, or make one of the same path.

    A folder is known while it exists or is in the trash. Of one that is in the trash, the name and
    the folders above it are as they were when it was deleted.
    """

    folders: FolderRecords
    folder_trash: FolderTrash
    clock: Clock
    pause: Callable[[float], None]

    def again(self, tenant: TenantId, folder_id: FolderId) -> FolderId | None:
        """Return the folder or one in its place, None for the root.

        It is the root if nothing is known of the folder, or if its path cannot be made.

        Raises:
            ContentionError: too many concurrent changes to the project's folders.
        """
        return self._made(tenant, lambda tree: self._way(tenant, tree, folder_id))

    def parent(self, tenant: TenantId, folder_id: FolderId) -> FolderId | None:
        """Return where a folder in the trash lay, as `again` does, or lies, if it is back.

        Raises:
            ContentionError: too many concurrent changes to the project's folders.
        """

        def way(tree: FolderTree) -> Way:
            if not _closed(tree, folder_id):
                # Somebody else has just restored it. Its parent is open, as all above it are.
                return tree.folders[folder_id].parent_id, []
            base, names = self._way(tenant, tree, folder_id)
            return base, names[:-1]

        return self._made(tenant, way)

    def _way(self, tenant: TenantId, tree: FolderTree, folder_id: FolderId) -> Way:
        """Return the last open folder on the way to the place, and the names from there on."""
        names: list[str] = []
        at: FolderId | None = folder_id
        while at is not None and _closed(tree, at):
            trashed = self.folder_trash.get(tenant, at)
            folder = tree.folders.get(at) if trashed is None else trashed.folder
            if folder is None:
                return None, []
            names.insert(0, folder.name)
            at = folder.parent_id
            if trashed is not None and trashed.within is None and at and _closed(tree, at):
                return None, [*trashed.path, *names]
        return at, names

    def _made(self, tenant: TenantId, way: Callable[[FolderTree], Way]) -> FolderId | None:
        for _ in spaced_attempts(self.pause):
            tree = self.folders.tree(tenant)
            at, missing = way(tree)
            while missing and (child := tree.named(at, missing[0])) is not None:
                at, missing = child.id, missing[1:]
            if not missing:
                return at
            new = self._new(at, missing)
            try:
                tree.check(new[0], height=len(new))
            except ConflictError:
                return None
            if self.folders.create(tenant, new[0], tree.version, nested=new[1:]):
                return new[-1].id
        raise ContentionError

    def _new(self, parent_id: FolderId | None, names: list[str]) -> list[Folder]:
        new: list[Folder] = []
        for name in names:
            new.append(Folder(new_folder_id(self.clock()), name, parent_id))
            parent_id = new[-1].id
        return new


def _closed(tree: FolderTree, folder_id: FolderId) -> bool:
    return folder_id not in tree.folders or tree.deleting(folder_id)
