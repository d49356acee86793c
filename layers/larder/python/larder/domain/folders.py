"""Folders: a project's tree of names that its files lie in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from larder.domain.errors import ConflictError, NotFoundError
from larder.domain.filenames import folded
from larder.domain.ids import created_at, parse_folder_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from larder.domain.ids import FolderId

ROOT = "root"
"""How clients refer to the top of the tree: the place of what is in no folder."""

MAX_DEPTH = 32
"""Folders on the longest way down; one in the root is at depth 1."""

MAX_FOLDERS = 10_000
"""Folders of a project. A change of the tree reads all of them: about 2 MB."""

CLEARING_GRACE = 15 * 60
"""Seconds that work on a folder may take before the sweeper has it taken up again."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder; `parent_id` None in the root.

    `additions` counts what was ever put into it, so that whoever finds it empty can tell that it
    still is. `closed_for` is the folder with which it is moving to the trash, itself or one that
    it lies in: nothing can be put into it any more. `restored_with` is the folder with which it is
    coming back from there, until all its files are back.
    """

    id: FolderId
    name: str
    parent_id: FolderId | None
    favorite: bool = False
    additions: int = 0
    closed_for: FolderId | None = None
    restored_with: FolderId | None = None

    @property
    def created_at(self) -> int:
        """When the folder's id was made, in unix seconds."""
        return created_at(self.id)

    @property
    def deleting(self) -> bool:
        """Tell whether it is moving to the trash, and so gone for every reader."""
        return self.closed_for is not None


@dataclass(frozen=True, slots=True)
class FolderTree:
    """All folders of a project at one moment; `version` changes with every change of the tree."""

    folders: Mapping[FolderId, Folder]
    version: int

    def check(self, changed: Folder, *, height: int | None = None) -> None:
        """Refuse a tree in which `changed`, new, renamed or moved, would be a folder.

        `height` counts the folders on the longest way down from it, itself included, where that is
        not what the tree says.

        Raises:
            NotFoundError: its parent does not exist, or is being deleted, or lies in one that is.
            ConflictError: the parent is the folder itself or lies in it, has a folder of that
                name in any case, or lies too deep; or there are too many folders.
        """
        parent_id = changed.parent_id
        if parent_id is not None and (parent_id not in self.folders or self.deleting(parent_id)):
            raise NotFoundError("Folder", parent_id, param="parent_id")
        way = self._way_up(parent_id)
        if changed.id in way:
            raise ConflictError(
                f"Folder {changed.id} cannot be moved into itself or a folder that lies in it. "
                "Choose a parent outside it.",
                code="folder_cycle",
                permanent=True,
            )
        depth = len(way) + (height or self._height(changed.id))
        if depth > MAX_DEPTH:
            raise ConflictError(
                f"Folders nest at most {MAX_DEPTH} deep; this would make {depth}. "
                "Choose a parent further up.",
                code="folder_too_deep",
                permanent=True,
            )
        other = self.named(changed.parent_id, changed.name)
        if other is not None and other.id != changed.id:
            raise ConflictError(
                f"There is a folder '{other.name}' here already: {other.id}. "
                "Use it, or choose another name or parent.",
                code="folder_exists",
                permanent=True,
            )
        if changed.id not in self.folders and len(self.folders) >= MAX_FOLDERS:
            raise ConflictError(
                f"The project has {MAX_FOLDERS} folders, as many as it may have. "
                "Delete some first.",
                code="too_many_folders",
                permanent=True,
            )

    def deleting(self, folder_id: FolderId) -> bool:
        """Tell whether the folder is moving to the trash, or one that it lies in."""
        return any(self.folders[above].deleting for above in self._way_up(folder_id))

    def named(self, parent_id: FolderId | None, name: str) -> Folder | None:
        """Return the parent's folder of that name, in any case. Those in the trash have no name."""
        wanted = folded(name)
        for folder in self.folders.values():
            here = folder.parent_id == parent_id and not folder.deleting
            if here and folded(folder.name) == wanted:
                return folder
        return None

    def with_all_in_it(self, folder_id: FolderId) -> list[Folder]:
        """Return the folder and all that lie in it, each after its parent.

        Without those that are moving to the trash on their own.
        """
        children = self._children()
        found = [self.folders[folder_id]]
        for folder in found:
            found += (
                self.folders[child]
                for child in children.get(folder.id, ())
                if self.folders[child].closed_for in {None, folder_id}
            )
        return found

    def path_to(self, folder_id: FolderId) -> tuple[str, ...]:
        """Return the names of the folders that the folder lies in, from the top."""
        names: list[str] = []
        parent_id = self.folders[folder_id].parent_id
        while parent_id is not None and parent_id in self.folders:
            names.append(self.folders[parent_id].name)
            parent_id = self.folders[parent_id].parent_id
        return tuple(reversed(names))

    def depth(self, folder_id: FolderId | None) -> int:
        """Return how many folders lie on the way down to the folder, itself included."""
        return len(self._way_up(folder_id))

    def _way_up(self, folder_id: FolderId | None) -> set[FolderId]:
        way: set[FolderId] = set()
        # Nothing stores a circle. Whoever makes one in memory by mistake gets an answer, too.
        while folder_id is not None and folder_id in self.folders and folder_id not in way:
            way.add(folder_id)
            folder_id = self.folders[folder_id].parent_id
        return way

    def _height(self, folder_id: FolderId) -> int:
        """Return how many folders lie on the longest way down from the folder, itself included."""
        children = self._children()
        height, level = 0, [folder_id]
        while level:
            height += 1
            level = [child for parent in level for child in children.get(parent, ())]
        return height

    def _children(self) -> dict[FolderId | None, list[FolderId]]:
        children: dict[FolderId | None, list[FolderId]] = {}
        for folder in self.folders.values():
            children.setdefault(folder.parent_id, []).append(folder.id)
        return children


def folder_id_from(raw: str | None, *, param: str) -> FolderId | None:
    """Return the id that a client gave of a folder, None for the root.

    Raises:
        NotFoundError: it is not a well-formed one, so that there is no such folder.
    """
    if raw is None or raw == ROOT:
        return None
    parsed = parse_folder_id(raw)
    if parsed is None:
        raise NotFoundError("Folder", raw, param=param)
    return parsed
