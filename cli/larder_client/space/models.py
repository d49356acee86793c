"""What the Space answers: files as people see them, folders and the trash.

Members have the names of the wire in snake_case, but for `id`; `msgspec.json.encode` writes them as
they came. Members that this version does not know are ignored.
"""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - read by msgspec
from typing import Literal, TypedDict

import msgspec

ROOT = "root"
"""The folder id that stands for the place of what lies in no folder."""


class SpaceFile(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A file; `folder_id` None: it lies in the root. `size_bytes` is a string on the wire."""

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
        """Its size in bytes."""
        return int(self.size_bytes)


class TrashedFile(SpaceFile, frozen=True, kw_only=True, rename="camel"):
    """A file in the trash, which is gone for good at `purge_at`."""

    deleted_at: datetime
    purge_at: datetime


class Folder(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A folder; `parent_id` None: it lies in the root."""

    id: str = msgspec.field(name="folderId")
    name: str
    parent_id: str | None = None
    created_at: datetime
    favorite: bool = False


class Pagination(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Whether there is more, and the cursor that leads there."""

    has_more: bool
    cursor: str | None = None


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a list; even an empty one may have further ones after it."""

    pagination: Pagination


class SpaceFilePage(Page, frozen=True, kw_only=True):
    """Some files."""

    files: tuple[SpaceFile, ...]


class TrashPage(Page, frozen=True, kw_only=True):
    """Some files in the trash."""

    files: tuple[TrashedFile, ...]


class FolderPage(Page, frozen=True, kw_only=True):
    """Some folders."""

    folders: tuple[Folder, ...]


class SpaceFileDeleted(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The answer to a file's way into the trash, or out of it for good."""

    id: str = msgspec.field(name="fileId")
    is_deleted: bool


class FolderDeleted(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The answer to a folder's deletion; while `is_deleted` is False Larder still empties it."""

    id: str = msgspec.field(name="folderId")
    is_deleted: bool


class TrashEmptied(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The answer to emptying the trash; while `is_empty` is False Larder goes on with the rest."""

    purged_files: int
    is_empty: bool


class FileFilters(TypedDict, total=False):
    """Which files are listed, in which order: those to which all that is given applies.

    `folder_id` is a folder's id or `ROOT`, `q` a part of the name in any case, `mime_type` how the
    type begins. Without an `order`, names run from A to Z, times and sizes downwards.
    """

    folder_id: str
    tag: str
    favorite: bool
    q: str
    mime_type: str
    sort: Literal["createdAt", "name", "sizeBytes"]
    order: Literal["asc", "desc"]


class FileChanges(TypedDict, total=False):
    """What is to change of a file; `folder_id` None or `ROOT` takes it out of its folder.

    `tags` replaces all of them, before `add_tags` and `remove_tags` are applied.
    """

    name: str
    folder_id: str | None
    tags: list[str]
    add_tags: list[str]
    remove_tags: list[str]
    favorite: bool


class FolderChanges(TypedDict, total=False):
    """What is to change of a folder; `parent_id` None or `ROOT` moves it into the root."""

    name: str
    parent_id: str | None
    favorite: bool
