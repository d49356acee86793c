"""What the Space's use cases need of the outside world: finding files, folders, the trash."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from larder.domain.files import File
    from larder.domain.folders import Folder, FolderTree
    from larder.domain.ids import FileId, FolderId, TenantId
    from larder.domain.trash import TrashedFile

MAX_FILES_PER_TRANSACTION = 49
"""Files that one transaction moves to the trash or purges.

Two items each and the counters, of at most a hundred.
"""


class Sort(StrEnum):
    """What a list is ordered by; files that are alike in it, by their creation."""

    CREATED_AT = "createdAt"
    NAME = "name"
    SIZE_BYTES = "sizeBytes"


@dataclass(frozen=True, slots=True)
class FileQuery:
    """Which files, in which order: those to which all conditions that are set apply.

    `folder` None is any folder, `root` none; `name_part` is folded.
    """

    folder: FolderId | Literal["root"] | None = None
    tag: str | None = None
    favorite: bool | None = None
    name_part: str | None = None
    mime_prefix: str | None = None
    sort: Sort = Sort.CREATED_AT
    descending: bool = True


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a list: right after the item `id`, whose key in the list's order is `key`."""

    id: str
    key: str


@dataclass(frozen=True, slots=True)
class Page[Item]:
    """Some items in order; `next` is where the following ones begin, None when there are none."""

    items: tuple[Item, ...]
    next: Position | None


class FileSearch(Protocol):
    """Live files, by what people look for."""

    def search(
        self, tenant: TenantId, query: FileQuery, *, limit: int, after: Position | None, now: float
    ) -> Page[File]:
        """Return up to `limit` of the files that have not expired at `now`.

        Strongly consistent. Fewer than `limit` although `next` is set, when so few of so many
        match that looking further would take too long for one request.
        """


class TrashRecords(Protocol):
    """The records of files in the trash."""

    def put(self, tenant: TenantId, files: Sequence[File], now: float) -> bool:
        """Move live files to the trash as they are; False when one has changed.

        All of them or none, up to `MAX_FILES_PER_TRANSACTION`.
        """

    def get(self, tenant: TenantId, file_id: FileId) -> TrashedFile | None:
        """Return the trashed file, expired or not, as of now (strongly consistent)."""

    def page(
        self, tenant: TenantId, *, limit: int, after: Position | None, now: float
    ) -> Page[TrashedFile]:
        """Return the files that can still be restored at `now`, the last deleted first."""

    def restore(self, tenant: TenantId, trashed: TrashedFile, file: File) -> bool:
        """Make it the live `file` again; False when it is no longer in the trash as it was read.

        Raises:
            NotFoundError: the folder of `file` does not exist, or is being deleted.
        """

    def purge(self, tenant: TenantId, trashed: Sequence[TrashedFile]) -> bool:
        """Remove up to `MAX_FILES_PER_TRANSACTION` files for good and give their amounts back.

        All of them, or none and False, when one is no longer in the trash as it was read.
        """


class FolderRecords(Protocol):
    """The records of folders."""

    def get(self, tenant: TenantId, folder_id: FolderId) -> Folder | None:
        """Return the folder as of now (strongly consistent)."""

    def tree(self, tenant: TenantId) -> FolderTree:
        """Return all folders of the project."""

    def children(
        self, tenant: TenantId, parent: FolderId | None, *, limit: int, after: Position | None
    ) -> Page[Folder]:
        """Return the folders in `parent`, None for the root, by name (strongly consistent)."""

    def create(self, tenant: TenantId, folder: Folder, tree_version: int) -> bool:
        """Record a new folder; False when the tree has changed since `tree_version`."""

    def revise(self, tenant: TenantId, before: Folder, after: Folder, tree_version: int) -> bool:
        """Rename, move or mark a folder; False when the tree has changed since `tree_version`."""

    def close(self, tenant: TenantId, folder_id: FolderId, due_at: int) -> None:
        """Let nothing more into the folder, and have the sweeper look at it at `due_at`.

        This changes the tree. Nothing happens when the folder is gone.
        """

    def remove(self, tenant: TenantId, folder: Folder) -> bool:
        """Remove the folder; False when something was put into it since it was read, or it's gone.

        The caller has seen that it is empty.
        """


@dataclass(frozen=True, slots=True)
class FolderCleanup:
    """Empty the closed folder into the trash, and remove it."""

    folder_id: FolderId


@dataclass(frozen=True, slots=True)
class TrashCleanup:
    """Purge what was moved to the trash until then (unix seconds)."""

    until: int


type Cleanup = FolderCleanup | TrashCleanup


class CleanupQueue(Protocol):
    """The queue of work that takes longer than one request."""

    def enqueue(self, tenant: TenantId, cleanup: Cleanup) -> None:
        """Have the cleanup run in the background."""
