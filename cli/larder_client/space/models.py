"""The answers of the Space's API: files, folders and the trash. Unknown members are ignored.

Members have the names of the JSON in snake_case, except for `id`. `msgspec.json.encode` writes the
JSON's own names.
"""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - read by msgspec
from typing import TYPE_CHECKING, Literal, TypedDict

import msgspec

from larder_client.errors import ApiError

if TYPE_CHECKING:
    from typing_extensions import NotRequired

ROOT = "root"
"""The folder id that stands for files and folders that are in no folder."""


class SpaceFile(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A file; `folder_id` is None in the root. `size_bytes` is a string in the JSON."""

    id: str = msgspec.field(name="fileId")
    name: str
    size_bytes: str
    mime_type: str
    created_at: datetime
    updated_at: datetime
    purpose: str
    status: str
    folder_id: str | None = None
    tags: tuple[str, ...] = ()
    favorite: bool = False
    expires_at: datetime | None = None

    @property
    def size(self) -> int:
        """The size in bytes."""
        return int(self.size_bytes)


class TrashedFile(SpaceFile, frozen=True, kw_only=True, rename="camel"):
    """A file in the trash, which is deleted permanently at `purge_at`."""

    deleted_at: datetime
    purge_at: datetime


class Folder(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A folder; `parent_id` is None in the root.

    `file_count` and `folder_count` say how much lies directly in it. Only `folder(id)` counts.
    """

    id: str = msgspec.field(name="folderId")
    name: str
    parent_id: str | None = None
    created_at: datetime
    favorite: bool = False
    file_count: int | None = None
    folder_count: int | None = None


class RestoredFolder(Folder, frozen=True, kw_only=True, rename="camel"):
    """A folder that is back; `is_restored` is False while Larder still moves its files."""

    is_restored: bool


class TrashedFolder(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A folder in the trash with everything in it, which is deleted permanently at `purge_at`.

    `path` is where it was. The counts and the size, a string, are of all that is in it, at any
    depth. These are None for a folder that lay in the deleted one.
    """

    id: str = msgspec.field(name="folderId")
    name: str
    parent_id: str | None = None
    path: str | None = None
    file_count: int | None = None
    folder_count: int | None = None
    size_bytes: str | None = None
    deleted_at: datetime
    purge_at: datetime


class Pagination(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Whether there is another page, and its cursor."""

    has_more: bool
    cursor: str | None = None


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A page of a list. Even an empty page may be followed by another."""

    pagination: Pagination


class SpaceFilePage(Page, frozen=True, kw_only=True):
    """A page of files."""

    files: tuple[SpaceFile, ...]


class TrashPage(Page, frozen=True, kw_only=True):
    """A page of the trash."""

    files: tuple[TrashedFile, ...]
    folders: tuple[TrashedFolder, ...] = ()


class TagCount(msgspec.Struct, frozen=True, kw_only=True):
    """A tag, and how many files outside the trash have it."""

    tag: str
    count: int


class TagPage(Page, frozen=True, kw_only=True, rename="camel"):
    """A page of tags; see `Tags`."""

    tags: tuple[TagCount, ...]
    is_exact: bool


class Tags(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """All tags by name. `is_exact` is False where more files may have these tags, or others."""

    tags: tuple[TagCount, ...]
    is_exact: bool


class FolderPage(Page, frozen=True, kw_only=True):
    """A page of folders."""

    folders: tuple[Folder, ...]


class SpaceFileDeleted(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The answer to trashing or purging a file."""

    id: str = msgspec.field(name="fileId")
    is_deleted: bool


class FolderDeleted(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The answer to deleting a folder; `is_deleted` is False while Larder still empties it."""

    id: str = msgspec.field(name="folderId")
    is_deleted: bool


class TrashEmptied(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The answer to emptying the trash; `is_empty` is False while Larder deletes the rest."""

    purged_files: int
    is_empty: bool


class OperationError(msgspec.Struct, frozen=True, kw_only=True):
    """Why an operation changed nothing, as in the error of a request."""

    message: str
    type: str
    param: str | None = None
    code: str | None = None


class OperationResult(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What became of one operation; `status` is the HTTP status that it has by itself."""

    id: str = msgspec.field(name="fileId")
    op: str
    ok: bool
    status: int
    file: SpaceFile | None = None
    error: OperationError | None = None

    def changed(self) -> SpaceFile | SpaceFileDeleted:
        """Return the file as it is now, or that it is in the trash.

        Raises:
            ApiError: the operation was refused.
        """
        if self.error is not None:
            raise ApiError(
                self.error.message,
                status=self.status,
                type=self.error.type,
                code=self.error.code,
                param=self.error.param,
            )
        return self.file or SpaceFileDeleted(id=self.id, is_deleted=True)


class OperationResults(msgspec.Struct, frozen=True, kw_only=True):
    """The results of operations, in their order."""

    results: tuple[OperationResult, ...]


class FileOperation(TypedDict):
    """An operation on a file: `move` takes `folder_id`, `tag` takes `add_tags` and `remove_tags`.

    `favorite` takes `favorite`; `trash` and `restore` take nothing more.
    """

    op: Literal["move", "tag", "favorite", "trash", "restore"]
    file_id: str
    folder_id: NotRequired[str | None]
    add_tags: NotRequired[list[str]]
    remove_tags: NotRequired[list[str]]
    favorite: NotRequired[bool]


class FileFilters(TypedDict, total=False):
    """The filters and the order of a list of files; a file must match all filters.

    `folder_id` is a folder's id or `ROOT`, `q` a part of the name in any case, `mime_type` the
    beginning of the type. The default `order` is ascending for names, descending for times and
    sizes.
    """

    folder_id: str
    tag: str
    favorite: bool
    q: str
    mime_type: str
    sort: Literal["createdAt", "name", "sizeBytes"]
    order: Literal["asc", "desc"]


class FileChanges(TypedDict, total=False):
    """The changes to a file; `folder_id` None or `ROOT` moves it to the root.

    `tags` replaces all tags, before `add_tags` and `remove_tags` are applied.
    """

    name: str
    folder_id: str | None
    tags: list[str]
    add_tags: list[str]
    remove_tags: list[str]
    favorite: bool


class FolderChanges(TypedDict, total=False):
    """The changes to a folder; `parent_id` None or `ROOT` moves it to the root."""

    name: str
    parent_id: str | None
    favorite: bool
