# Generated from _async/space.py: edit that one and run 'make sync-client'.
"""The Space: `AsyncClient.space`, and `Client.space` with blocking calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from larder_client.space.api import PAGE, SpaceApi
from larder_client.space.batch import change_files
from larder_client.space.models import ROOT
from larder_client.space.pages import all_tags
from larder_client.space.paths import PathResolver
from larder_client.space.tree import Tree, TreeReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from typing_extensions import Unpack

    from larder_client.flow.retries import RetryPolicy
    from larder_client.flow.steps import Flow
    from larder_client.flow.sync_runner import SyncRunner
    from larder_client.space.models import (
        FileChanges,
        FileFilters,
        FileOperation,
        Folder,
        FolderChanges,
        FolderDeleted,
        OperationResult,
        Page,
        RestoredFolder,
        SpaceFile,
        SpaceFileDeleted,
        Tags,
        TrashedFile,
        TrashedFolder,
        TrashEmptied,
    )

P = TypeVar("P", bound="Page")


class Space:
    """A project's files in folders, with tags and a trash; every call raises LarderClientError.

    `make_folders` and the methods whose names end in `at` take paths, the others take ids. The
    folder id `root` stands for files and folders that are in no folder.
    """

    def __init__(self, runner: SyncRunner, policy: RetryPolicy, parallel: int) -> None:
        self._runner = runner
        self._api = SpaceApi(policy)
        self._parallel = parallel
        self._paths = PathResolver(self._api, parallel)

    def files(self, **filters: Unpack[FileFilters]) -> Iterator[SpaceFile]:
        """Yield the files that match all filters, newest first by default; see `FileFilters`."""
        for page in self._pages(lambda at: self._api.files(filters, limit=PAGE, cursor=at)):
            yield from page.files

    def file(self, file_id: str) -> SpaceFile:
        """Return a file's record."""
        return self._runner.run(self._api.file(file_id))

    def create(
        self,
        name: str,
        data: bytes,
        *,
        folder_id: str | None = None,
        tags: Sequence[str] = (),
        if_exists: str | None = None,
    ) -> SpaceFile:
        """Store a file of up to 2 MiB in one request; `client.files.upload` takes any size.

        `if_exists` as there.
        """
        return self._runner.run(self._api.create_file(name, data, folder_id, tags, if_exists))

    def update(self, file_id: str, **changes: Unpack[FileChanges]) -> SpaceFile:
        """Rename, move, tag or mark a file; see `FileChanges`."""
        return self._runner.run(self._api.update_file(file_id, changes))

    def batch(self, operations: Iterable[FileOperation]) -> list[OperationResult]:
        """Move, tag, mark, trash and restore any number of files; see `FileOperation`.

        Each operation is done or refused by itself; `changed()` of its result raises the refusal.
        """
        return self._runner.run(change_files(self._api, operations))

    def tags(self) -> Tags:
        """Return the tags by name, with how many files outside the trash have each."""
        return self._runner.run(all_tags(self._api))

    def trash(self, file_id: str) -> SpaceFileDeleted:
        """Move a file to the trash, where it can be restored for 30 days."""
        return self._runner.run(self._api.trash_file(file_id))

    def trashed(self, folder_id: str | None = None) -> Iterator[TrashedFile]:
        """Yield the files in the trash, the last deleted first; or of a folder in the trash."""
        for page in self._pages(lambda at: self._api.trash(folder_id, limit=PAGE, cursor=at)):
            yield from page.files

    def trashed_folders(self, folder_id: str | None = None) -> Iterator[TrashedFolder]:
        """Yield the folders in the trash, the last deleted first; or of a folder in the trash."""
        for page in self._pages(lambda at: self._api.trash(folder_id, limit=PAGE, cursor=at)):
            yield from page.folders

    def restore_folder(self, folder_id: str) -> RestoredFolder:
        """Restore a folder from the trash with everything in it."""
        return self._runner.run(self._api.restore_folder(folder_id))

    def purge_folder(self, folder_id: str) -> FolderDeleted:
        """Delete a folder in the trash permanently, with everything in it."""
        return self._runner.run(self._api.purge_folder(folder_id))

    def restore(self, file_id: str) -> SpaceFile:
        """Restore a file from the trash to its folder, made anew if that was deleted."""
        return self._runner.run(self._api.restore(file_id))

    def purge(self, file_id: str) -> SpaceFileDeleted:
        """Delete a file in the trash permanently."""
        return self._runner.run(self._api.purge(file_id))

    def empty_trash(self) -> TrashEmptied:
        """Delete everything in the trash permanently."""
        return self._runner.run(self._api.empty_trash())

    def folders(self, parent_id: str = ROOT) -> Iterator[Folder]:
        """Yield the folders in a folder, by name."""
        for page in self._pages(lambda at: self._api.folders(parent_id, limit=PAGE, cursor=at)):
            yield from page.folders

    def folder(self, folder_id: str) -> Folder:
        """Return a folder."""
        return self._runner.run(self._api.folder(folder_id))

    def create_folder(self, name: str, parent_id: str = ROOT) -> Folder:
        """Create a folder; ApiError `folder_exists` if its name is taken, in any case."""
        return self._runner.run(self._api.create_folder(name, parent_id))

    def update_folder(self, folder_id: str, **changes: Unpack[FolderChanges]) -> Folder:
        """Rename, move or mark a folder, with its content; see `FolderChanges`."""
        return self._runner.run(self._api.update_folder(folder_id, changes))

    def delete_folder(self, folder_id: str, *, recursive: bool = False) -> FolderDeleted:
        """Delete an empty folder; with `recursive` move any folder to the trash."""
        return self._runner.run(self._api.delete_folder(folder_id, recursive=recursive))

    def at(self, path: str) -> SpaceFile | Folder | None:
        """Return the file or folder at a path, None for the root; see `PathResolver.at`."""
        return self._runner.run(self._paths.at(path))

    def file_at(self, path: str) -> SpaceFile:
        """Return the file at a path; see `PathResolver.file`."""
        return self._runner.run(self._paths.file(path))

    def trashed_at(self, path: str) -> TrashedFile | TrashedFolder:
        """Return the file or folder deleted from a path; see `PathResolver.trashed`."""
        return self._runner.run(self._paths.trashed(path))

    def folder_at(self, path: str) -> Folder | None:
        """Return the folder at a path, None for the root; see `PathResolver.folder`."""
        return self._runner.run(self._paths.folder(path))

    def make_folders(self, path: str) -> Folder | None:
        """Return the folder at a path, created with the folders above it if they are missing."""
        return self._runner.run(self._paths.create(path))

    def paths_of(self, folder_ids: Iterable[str]) -> dict[str, str]:
        """Return the paths of folders by their ids, without folders that do not exist."""
        return self._runner.run(self._paths.of_folders(folder_ids))

    def tree(
        self,
        folder: Folder | None = None,
        *,
        depth: int | None = None,
        most_files: int | None = None,
    ) -> Tree:
        """Return the content of a folder, None for the root; see `TreeReader`."""
        reader = TreeReader(self._api, self._parallel, most_files)
        return self._runner.run(reader.read(folder, depth))

    def _pages(self, load: Callable[[str | None], Flow[P]]) -> Iterator[P]:
        page = self._runner.run(load(None))
        yield page
        while page.pagination.has_more:
            page = self._runner.run(load(page.pagination.cursor))
            yield page
