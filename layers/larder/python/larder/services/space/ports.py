"""The ports of the Space's use cases: search, folders, the trash, cleanups."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from larder.domain.files import File
    from larder.domain.folders import Folder, FolderTree
    from larder.domain.ids import FileId, FolderId, TenantId
    from larder.domain.trash import TrashedFile, TrashedFolder

MAX_FILES_PER_TRANSACTION = 49
"""The most files that one transaction moves to the trash or purges.

A transaction has at most 100 items: two per file, the counters, and the folder in the trash.
"""


class Sort(StrEnum):
    """What a list is sorted by. Ties are sorted by creation."""

    CREATED_AT = "createdAt"
    NAME = "name"
    SIZE_BYTES = "sizeBytes"


@dataclass(frozen=True, slots=True)
class FileQuery:
    """Which files, in which order: those that match all conditions that are set.

    `folder` None matches any folder, `root` files in no folder. `name_part` is case-folded.
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
    """A position in a list: right after the item `id`, whose sort key is `key`."""

    id: str
    key: str


@dataclass(frozen=True, slots=True)
class Page[Item]:
    """Items in order. `next` is the position of the next page, None on the last one."""

    items: tuple[Item, ...]
    next: Position | None


@dataclass(frozen=True, slots=True)
class FolderCounts:
    """How much lies directly in a folder; None for more than one request counts."""

    files: int | None
    folders: int | None


@dataclass(frozen=True, slots=True)
class TagCounts:
    """How many files have each tag.

    `exact` is False where the count stopped at its bound: then there are at least so many.
    """

    counts: Mapping[str, int]
    exact: bool


class FileSearch(Protocol):
    """The search for live files."""

    def tags(self, tenant: TenantId, now: float) -> TagCounts:
        """Count the tags of the files that have not expired at `now` (strongly consistent).

        Each file counts with the tags of one moment during the count.
        """

    def search(
        self, tenant: TenantId, query: FileQuery, *, limit: int, after: Position | None, now: float
    ) -> Page[File]:
        """Return up to `limit` of the files that have not expired at `now`.

        Strongly consistent. A page may have fewer than `limit` although `next` is set: the search
        stops when it would take too long for one request.
        """

    def counts(self, tenant: TenantId, folder_id: FolderId, now: float) -> FolderCounts:
        """Count what lies directly in the folder and has not expired at `now` (consistent)."""


class TrashRecords(Protocol):
    """The records of files in the trash."""

    def put(
        self,
        tenant: TenantId,
        files: Sequence[File],
        now: float,
        *,
        within: TrashedFolder | None = None,
    ) -> bool:
        """Move up to `MAX_FILES_PER_TRANSACTION` live files to the trash.

        Either all of them, or none and False: one has changed since it was read. `within` is the
        folder that takes them along, at the time of its own deletion: it must still be filling.
        """

    def get(self, tenant: TenantId, file_id: FileId) -> TrashedFile | None:
        """Return the trashed file, expired or not (strongly consistent)."""

    def page(
        self,
        tenant: TenantId,
        *,
        limit: int,
        after: Position | None,
        now: float,
        folder: FolderId | None = None,
    ) -> Page[TrashedFile | TrashedFolder]:
        """Return the files and folders that can still be restored at `now`, last deleted first.

        Those that were deleted themselves; or what lay directly in a trashed `folder`, last created
        first, folders before files.
        """

    def restore(self, tenant: TenantId, trashed: TrashedFile, file: File) -> bool:
        """Make it the live `file` again; False if it has changed since it was read, or is gone.

        False as well if the trashed folder that it is within is being restored or purged.

        Raises:
            NotFoundError: the folder of `file` does not exist, or is being deleted.
            ProjectFullError: the project has as many records as it can have.
        """

    def purge(self, tenant: TenantId, trashed: Sequence[TrashedFile]) -> bool:
        """Remove up to `MAX_FILES_PER_TRANSACTION` files for good and free their quota.

        All are within the same trashed folder, or none. Either all of them, or none and False: one
        has changed since it was read, or is gone, or that folder is being restored.
        """


class FolderRecords(Protocol):
    """The records of folders."""

    def get(self, tenant: TenantId, folder_id: FolderId) -> Folder | None:
        """Return the folder (strongly consistent)."""

    def tree(self, tenant: TenantId) -> FolderTree:
        """Return all folders of the project."""

    def children(
        self, tenant: TenantId, parent: FolderId | None, *, limit: int, after: Position | None
    ) -> Page[Folder]:
        """Return the subfolders of `parent`, None for the root, by name (strongly consistent).

        Without those that are being deleted.
        """

    def create(
        self,
        tenant: TenantId,
        folder: Folder,
        tree_version: int,
        *,
        nested: Sequence[Folder] = (),
    ) -> bool:
        """Record a new folder; False if the tree has changed since `tree_version`.

        `nested` are up to 31 new folders, the first in that folder, each other one in the one
        before it.
        """

    def revise(self, tenant: TenantId, before: Folder, after: Folder, tree_version: int) -> bool:
        """Rename, move or mark a folder; False if the tree has changed since `tree_version`."""

    def reschedule(self, tenant: TenantId, folder_id: FolderId, due_at: int) -> None:
        """Have the sweeper check a closed folder at `due_at`; nothing happens if it is gone."""

    def remove(self, tenant: TenantId, folder: Folder) -> bool:
        """Remove the folder; False if something was added since it was read, or it is gone.

        The caller has checked that it is empty.
        """


@dataclass(frozen=True, slots=True)
class FolderCleanup:
    """Finish what has begun with a folder: to trash, to restore or to purge it."""

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
