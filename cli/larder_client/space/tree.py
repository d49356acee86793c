"""What lies in a folder, and in the folders in it."""

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
    """A folder, None for the root, with what lies in it, by name.

    `more_files` than are here; `unopened` folders were not looked into.
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
class Trees:
    """Reads folders level by level, `parallel` of them at the same time; raises as SpaceApi does.

    Of each folder the first `most_files`, or all of them.
    """

    api: SpaceApi
    parallel: int
    most_files: int | None = None

    def of(self, folder: Folder | None, depth: int | None = None) -> Flow[Tree]:
        """Return the folder's tree, `depth` levels of it (at least 1), or all of them.

        A folder that is deleted meanwhile is left out.
        """
        top = yield from self._contents(folder.id if folder else ROOT)
        opened: dict[str, _Contents | None] = {}
        level, reached = top.folders, 1
        while level and (depth is None or reached < depth):
            found = yield from gather([self._opened(each.id) for each in level], self.parallel)
            opened.update((each.id, inside) for each, inside in zip(level, found, strict=True))
            level = [child for inside in found if inside for child in inside.folders]
            reached += 1
        return self._grown(folder, top, opened)

    def _opened(self, folder_id: str) -> Flow[_Contents | None]:
        """Return what lies in the folder, None when it is gone."""
        try:
            return (yield from self._contents(folder_id))
        except ApiError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            return None

    def _contents(self, folder_id: str) -> Flow[_Contents]:
        folders = yield from all_folders(self.api, folder_id)
        # One more than is wanted tells whether there are more.
        at_most = None if self.most_files is None else self.most_files + 1
        files = yield from all_files(
            self.api, {"folder_id": folder_id, "sort": "name"}, at_most=at_most
        )
        return _Contents(folders, files)

    def _grown(
        self, folder: Folder | None, contents: _Contents, opened: dict[str, _Contents | None]
    ) -> Tree:
        folders = []
        for child in contents.folders:
            if child.id not in opened:
                folders.append(Tree(child, unopened=True))
            elif (inside := opened[child.id]) is not None:
                folders.append(self._grown(child, inside, opened))
        return Tree(
            folder,
            tuple(folders),
            tuple(contents.files[: self.most_files]),
            more_files=self.most_files is not None and len(contents.files) > self.most_files,
        )
