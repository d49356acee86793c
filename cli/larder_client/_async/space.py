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
    from collections.abc import AsyncIterator, Callable, Iterable, Sequence

    from typing_extensions import Unpack

    from larder_client.flow.async_runner import AsyncRunner
    from larder_client.flow.retries import RetryPolicy
    from larder_client.flow.steps import Flow
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


class AsyncSpace:
    """A project's files in folders, with tags and a trash; every call raises LarderClientError.

    `make_folders` and the methods whose names end in `at` take paths, the others take ids. The
    folder id `root` stands for files and folders that are in no folder.
    """

    def __init__(self, runner: AsyncRunner, policy: RetryPolicy, parallel: int) -> None:
        self._runner = runner
        self._api = SpaceApi(policy)
        self._parallel = parallel
        self._paths = PathResolver(self._api, parallel)

    async def files(self, **filters: Unpack[FileFilters]) -> AsyncIterator[SpaceFile]:
        """Yield the files that match all filters, newest first by default; see `FileFilters`."""
        async for page in self._pages(lambda at: self._api.files(filters, limit=PAGE, cursor=at)):
            for each in page.files:
                yield each

    async def file(self, file_id: str) -> SpaceFile:
        """Return a file's record."""
        return await self._runner.run(self._api.file(file_id))

    async def create(
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
        return await self._runner.run(self._api.create_file(name, data, folder_id, tags, if_exists))

    async def update(self, file_id: str, **changes: Unpack[FileChanges]) -> SpaceFile:
        """Rename, move, tag or mark a file; see `FileChanges`."""
        return await self._runner.run(self._api.update_file(file_id, changes))

    async def batch(self, operations: Iterable[FileOperation]) -> list[OperationResult]:
        """Move, tag, mark, trash and restore any number of files; see `FileOperation`.

        Each operation is done or refused by itself; `changed()` of its result raises the refusal.
        """
        return await self._runner.run(change_files(self._api, operations))

    async def tags(self) -> Tags:
        """Return the tags by name, with how many files outside the trash have each."""
        return await self._runner.run(all_tags(self._api))

    async def trash(self, file_id: str) -> SpaceFileDeleted:
        """Move a file to the trash, where it can be restored for 30 days."""
        return await self._runner.run(self._api.trash_file(file_id))

    async def trashed(self, folder_id: str | None = None) -> AsyncIterator[TrashedFile]:
        """Yield the files in the trash, the last deleted first; or of a folder in the trash."""
        async for page in self._pages(lambda at: self._api.trash(folder_id, limit=PAGE, cursor=at)):
            for each in page.files:
                yield each

    async def trashed_folders(self, folder_id: str | None = None) -> AsyncIterator[TrashedFolder]:
        """Yield the folders in the trash, the last deleted first; or of a folder in the trash."""
        async for page in self._pages(lambda at: self._api.trash(folder_id, limit=PAGE, cursor=at)):
            for each in page.folders:
                yield each

    async def restore_folder(self, folder_id: str) -> RestoredFolder:
        """Restore a folder from the trash with everything in it."""
        return await self._runner.run(self._api.restore_folder(folder_id))

    async def purge_folder(self, folder_id: str) -> FolderDeleted:
        """Delete a folder in the trash permanently, with everything in it."""
        return await self._runner.run(self._api.purge_folder(folder_id))

    async def restore(self, file_id: str) -> SpaceFile:
        """Restore a file from the trash to its folder, made anew if that was deleted."""
        return await self._runner.run(self._api.restore(file_id))

    async def purge(self, file_id: str) -> SpaceFileDeleted:
        """Delete a file in the trash permanently."""
        return await self._runner.run(self._api.purge(file_id))

    async def empty_trash(self) -> TrashEmptied:
        """Delete everything in the trash permanently."""
        return await self._runner.run(self._api.empty_trash())

    async def folders(self, parent_id: str = ROOT) -> AsyncIterator[Folder]:
        """Yield the folders in a folder, by name."""
        async for page in self._pages(
            lambda at: self._api.folders(parent_id, limit=PAGE, cursor=at)
        ):
            for each in page.folders:
                yield each

    async def folder(self, folder_id: str) -> Folder:
        """Return a folder."""
        return await self._runner.run(self._api.folder(folder_id))

    async def create_folder(self, name: str, parent_id: str = ROOT) -> Folder:
        """Create a folder; ApiError `folder_exists` if its name is taken, in any case."""
        return await self._runner.run(self._api.create_folder(name, parent_id))

    async def update_folder(self, folder_id: str, **changes: Unpack[FolderChanges]) -> Folder:
        """Rename, move or mark a folder, with its content; see `FolderChanges`."""
        return await self._runner.run(self._api.update_folder(folder_id, changes))

    async def delete_folder(self, folder_id: str, *, recursive: bool = False) -> FolderDeleted:
        """Delete an empty folder; with `recursive` move any folder to the trash."""
        return await self._runner.run(self._api.delete_folder(folder_id, recursive=recursive))

    async def at(self, path: str) -> SpaceFile | Folder | None:
        """Return the file or folder at a path, None for the root; see `PathResolver.at`."""
        return await self._runner.run(self._paths.at(path))

    async def file_at(self, path: str) -> SpaceFile:
        """Return the file at a path; see `PathResolver.file`."""
        return await self._runner.run(self._paths.file(path))

    async def trashed_at(self, path: str) -> TrashedFile | TrashedFolder:
        """Return the file or folder deleted from a path; see `PathResolver.trashed`."""
        return await self._runner.run(self._paths.trashed(path))

    async def folder_at(self, path: str) -> Folder | None:
        """Return the folder at a path, None for the root; see `PathResolver.folder`."""
        return await self._runner.run(self._paths.folder(path))

    async def make_folders(self, path: str) -> Folder | None:
        """Return the folder at a path, created with the folders above it if they are missing."""
        return await self._runner.run(self._paths.create(path))

    async def paths_of(self, folder_ids: Iterable[str]) -> dict[str, str]:
        """Return the paths of folders by their ids, without folders that do not exist."""
        return await self._runner.run(self._paths.of_folders(folder_ids))

    async def tree(
        self,
        folder: Folder | None = None,
        *,
        depth: int | None = None,
        most_files: int | None = None,
    ) -> Tree:
        """Return the content of a folder, None for the root; see `TreeReader`."""
        reader = TreeReader(self._api, self._parallel, most_files)
        return await self._runner.run(reader.read(folder, depth))

    async def _pages(self, load: Callable[[str | None], Flow[P]]) -> AsyncIterator[P]:
        page = await self._runner.run(load(None))
        yield page
        while page.pagination.has_more:
            page = await self._runner.run(load(page.pagination.cursor))
            yield page
