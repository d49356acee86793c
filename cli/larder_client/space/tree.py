"""The content of a folder and of the folders in it."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from larder_client.errors import ApiError
from larder_client.flow.steps import Flow, gather
from larder_client.space.models import ROOT, Folder, SpaceFile
from larder_client.space.pages import all_files, all_folders

if TYPE_CHECKING:
    from larder_client.space.api import SpaceApi


@dataclass(frozen=True, slots=True)
class Tree:
    """A folder, None for the root, and its content, by name.

    `more_files`: it has more files than `files` does. `unopened`: its content was not read.
    """

    folder: Folder | None
    folders: tuple[Tree, ...] = ()
    files: tuple[SpaceFile, ...] = ()
    more_files: bool = False
    unopened: bool = False


@dataclass(frozen=True, slots=True)
class _Contents:
    folders: list[Folder]
    files: list[SpaceFile]


@dataclass(frozen=True, slots=True)
class TreeReader:
    """Reads trees of folders level by level, `parallel` at a time; raises as SpaceApi does.

    `most_files` limits the files of each folder; None reads all of them.
    """

    api: SpaceApi
    parallel: int
    most_files: int | None = None

    def read(self, folder: Folder | None, depth: int | None = None) -> Flow[Tree]:
        """Return a folder's tree, `depth` levels deep (at least 1) or whole.

        A folder that is deleted meanwhile is left out.
        """
        top = yield from self._contents(folder.id if folder else ROOT)
        opened: dict[str, _Contents | None] = {}
        level, reached = top.folders, 1
        while level and (depth is None or reached < depth):
            found = yield from gather([self._open(each.id) for each in level], self.parallel)
            opened.update((each.id, inside) for each, inside in zip(level, found, strict=True))
            level = [child for inside in found if inside for child in inside.folders]
            reached += 1
        return self._build(folder, top, opened)

    def _open(self, folder_id: str) -> Flow[_Contents | None]:
        """Return a folder's content, None if it was deleted."""
        try:
            return (yield from self._contents(folder_id))
        except ApiError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            return None

    def _contents(self, folder_id: str) -> Flow[_Contents]:
        folders = yield from all_folders(self.api, folder_id)
        # One more than the limit shows whether there are more.
        at_most = None if self.most_files is None else self.most_files + 1
        files = yield from all_files(
            self.api, {"folder_id": folder_id, "sort": "name"}, at_most=at_most
        )
        return _Contents(folders, files)

    def _build(
        self, folder: Folder | None, contents: _Contents, opened: dict[str, _Contents | None]
    ) -> Tree:
        folders = []
        for child in contents.folders:
            if child.id not in opened:
                folders.append(Tree(child, unopened=True))
            elif (inside := opened[child.id]) is not None:
                folders.append(self._build(child, inside, opened))
        return Tree(
            folder,
            tuple(folders),
            tuple(contents.files[: self.most_files]),
            more_files=self.most_files is not None and len(contents.files) > self.most_files,
        )
