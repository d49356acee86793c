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
"""Seconds that deleting a folder's contents may take before the sweeper has it taken up again."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder; `parent_id` None in the root.

    `additions` counts what was ever put into it, so that whoever finds it empty can tell that it
    still is. While `deleting`, nothing more can be.
    """

    id: FolderId
    name: str
    parent_id: FolderId | None
    favorite: bool = False
    additions: int = 0
    deleting: bool = False

    @property
    def created_at(self) -> int:
        """When the folder's id was made, in unix seconds."""
        return created_at(self.id)


@dataclass(frozen=True, slots=True)
class FolderTree:
    """All folders of a project at one moment; `version` changes with every change of the tree."""

    folders: Mapping[FolderId, Folder]
    version: int

    def check(self, changed: Folder) -> None:
        """Refuse a tree in which `changed`, new, renamed or moved, would be a folder.

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
        depth = len(way) + self._height(changed.id)
        if depth > MAX_DEPTH:
            raise ConflictError(
                f"Folders nest at most {MAX_DEPTH} deep; this would make {depth}. "
                "Choose a parent further up.",
                code="folder_too_deep",
                permanent=True,
            )
        name = folded(changed.name)
        for other in self.folders.values():
            taken = other.parent_id == changed.parent_id and folded(other.name) == name
            if taken and other.id != changed.id:
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
        """Tell whether the folder is being deleted, or one that it lies in."""
        return any(self.folders[above].deleting for above in self._way_up(folder_id))

    def _way_up(self, folder_id: FolderId | None) -> set[FolderId]:
        way: set[FolderId] = set()
        while folder_id is not None and folder_id in self.folders:
            way.add(folder_id)
            folder_id = self.folders[folder_id].parent_id
        return way

    def _height(self, folder_id: FolderId) -> int:
        """Return how many folders lie on the longest way down from the folder, itself included."""
        children: dict[FolderId | None, list[FolderId]] = {}
        for folder in self.folders.values():
            children.setdefault(folder.parent_id, []).append(folder.id)
        height, level = 0, [folder_id]
        while level:
            height += 1
            level = [child for parent in level for child in children.get(parent, ())]
        return height


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
