"""Files and folders by path: `/Projects/2026/report.pdf`.

A path begins with a slash; one that ends with a slash is a folder's. Names match in any case, as
the names of folders do in Larder, and an exact match comes first.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar

from larder_client.errors import ApiError, PathError
from larder_client.flow.steps import Flow, gather
from larder_client.space.models import ROOT, Folder, SpaceFile, TrashedFile, TrashedFolder
from larder_client.space.names import folded
from larder_client.space.pages import all_files, all_folders, all_trash

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from larder_client.space.api import SpaceApi

F = TypeVar("F", bound="SpaceFile")
Item = TypeVar("Item", "SpaceFile", "TrashedFile", "TrashedFolder")


def names_of(path: str) -> list[str]:
    """Return the names in a path, an empty list for the root.

    Raises:
        PathError: the path does not begin with a slash.
    """
    if not path.startswith("/"):
        message = f"'{path}' is neither an id nor a path: paths begin with a slash."
        raise PathError(message)
    return [name for name in path.split("/") if name]


def joined(names: Iterable[str]) -> str:
    """Return the path made of these names."""
    return "/" + "/".join(names)


@dataclass(frozen=True, slots=True)
class PathResolver:
    """Finds files and folders by path; raises as SpaceApi does."""

    api: SpaceApi
    parallel: int

    def at(self, path: str) -> Flow[SpaceFile | Folder | None]:
        """Return the file or folder at the path, None for the root.

        Raises:
            PathError: nothing is there, or more than one thing.
        """
        names = names_of(path)
        if not names:
            return None
        parent, name = (yield from self._descend(names[:-1])), names[-1]
        folder = yield from self._folder_in(parent, name)
        found = [] if path.endswith("/") else (yield from self._files_in(parent, name))
        if folder is not None and found:
            message = (
                f"There is a folder and a file at {path}: "
                f"write {path}/ for the folder, or the id {found[0].id} for the file."
            )
            raise PathError(message)
        return folder or _only(found, path)

    def file(self, path: str) -> Flow[SpaceFile]:
        """Return the file at the path.

        Raises:
            PathError: no file is there, or several are.
        """
        names = names_of(path)
        if path.endswith("/"):
            message = f"{path} is a folder's path, not a file's."
            raise PathError(message)
        parent = yield from self._descend(names[:-1])
        files = yield from self._files_in(parent, names[-1])
        if not files and (yield from self._folder_in(parent, names[-1])) is not None:
            message = f"{path} is a folder, not a file."
            raise PathError(message)
        return _only(files, path)

    def trashed(self, path: str) -> Flow[TrashedFile | TrashedFolder]:
        """Return the file or the folder in the trash that was deleted from the path.

        Raises:
            PathError: there is nothing, there are several, or a file's folder was deleted.
        """
        names = names_of(path) or [""]
        trash, folders = yield from all_trash(self.api)
        wanted = [folded(name) for name in names]
        at_path = [f for f in folders if [folded(n) for n in names_of(f.path or "/")] == wanted]
        if at_path:
            return _only(at_path, path, where=" in the trash")
        parent = yield from self._descend(names[:-1])
        folder_id = None if parent is None else parent.id
        from_folder = [file for file in trash if file.folder_id == folder_id]
        return _only(_named(from_folder, names[-1]), path, where=" in the trash")

    def folder(self, path: str) -> Flow[Folder | None]:
        """Return the folder at the path, None for the root.

        Raises:
            PathError: it does not exist.
        """
        return (yield from self._descend(names_of(path)))

    def create(self, path: str) -> Flow[Folder | None]:
        """Return the folder at the path; create it and the folders above it if they are missing."""
        folder: Folder | None = None
        for name in names_of(path):
            parent = folder
            folder = yield from self._folder_in(parent, name)
            if folder is None:
                folder = yield from self._create(parent, name)
        return folder

    def of_folders(self, folder_ids: Iterable[str]) -> Flow[dict[str, str]]:
        """Return the paths of folders by their ids, without folders that do not exist."""
        known: dict[str, Folder | None] = {}
        wanted = set(folder_ids)
        while wanted:
            ids = sorted(wanted)
            found = yield from gather([self._find(each) for each in ids], self.parallel)
            known.update(zip(ids, found, strict=True))
            wanted = {each.parent_id for each in found if each and each.parent_id} - known.keys()
        return {each: joined(_names_to(known, folder)) for each, folder in known.items() if folder}

    def _find(self, folder_id: str) -> Flow[Folder | None]:
        try:
            return (yield from self.api.folder(folder_id))
        except ApiError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            return None

    def _descend(self, names: Sequence[str]) -> Flow[Folder | None]:
        folder: Folder | None = None
        for depth, name in enumerate(names, 1):
            folder = yield from self._folder_in(folder, name)
            if folder is None:
                message = f"There is no folder {joined(names[:depth])}."
                raise PathError(message)
        return folder

    def _folder_in(self, parent: Folder | None, name: str) -> Flow[Folder | None]:
        folders = yield from all_folders(self.api, ROOT if parent is None else parent.id)
        return next((folder for folder in folders if folded(folder.name) == folded(name)), None)

    def _files_in(self, parent: Folder | None, name: str) -> Flow[list[SpaceFile]]:
        folder_id = ROOT if parent is None else parent.id
        files = yield from all_files(self.api, {"folder_id": folder_id, "q": name})
        return _named(files, name)

    def _create(self, parent: Folder | None, name: str) -> Flow[Folder]:
        try:
            return (yield from self.api.create_folder(name, parent.id if parent else None))
        except ApiError as error:
            # Someone else created it first.
            if error.code == "folder_exists":
                folder = yield from self._folder_in(parent, name)
                if folder is not None:
                    return folder
            raise


def _named(files: Iterable[F], name: str) -> list[F]:
    alike = [file for file in files if folded(file.name) == folded(name)]
    return [file for file in alike if file.name == name] or alike


def _only(files: Sequence[Item], path: str, where: str = "") -> Item:
    match files:
        case []:
            message = f"There is nothing at {path}{where}."
            raise PathError(message)
        case [file]:
            return file
    ids = ", ".join(file.id for file in files)
    message = f"{len(files)} files are at {path}{where}: give the id of one, {ids}."
    raise PathError(message)


def _names_to(known: dict[str, Folder | None], folder: Folder | None) -> list[str]:
    names: list[str] = []
    while folder is not None:
        names.insert(0, folder.name)
        folder = known[folder.parent_id] if folder.parent_id else None
    return names
