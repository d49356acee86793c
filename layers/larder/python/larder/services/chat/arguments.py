"""The arguments of the tools. Their docstrings and descriptions are what a model reads of them."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from larder.domain.filenames import MAX_FILENAME_BYTES
from larder.domain.ids import ACTION_PREFIX, FILE_PREFIX, FOLDER_OR_ROOT, FOLDER_PREFIX, id_pattern
from larder.domain.tags import MAX_TAG

MAX_ROWS = 20
MAX_CHANGED = 50
"""Files that one call may change."""

MAX_TEXT = 65_536

FileId = Annotated[str, Meta(pattern=id_pattern(FILE_PREFIX), description="Id of a file")]
FileIds = Annotated[list[FileId], Meta(min_length=1, max_length=MAX_CHANGED)]
FolderId = Annotated[str, Meta(pattern=id_pattern(FOLDER_PREFIX), description="Id of a folder")]
FolderOrRoot = Annotated[
    str, Meta(pattern=FOLDER_OR_ROOT, description="Id of a folder, or `root` for none")
]
ActionId = Annotated[str, Meta(pattern=id_pattern(ACTION_PREFIX), description="Id of a change")]
Name = Annotated[str, Meta(min_length=1, max_length=MAX_FILENAME_BYTES)]
Tag = Annotated[str, Meta(min_length=1, max_length=MAX_TAG)]
Tags = Annotated[list[Tag], Meta(max_length=20)]
Cursor = Annotated[str, Meta(description="`cursor` of the previous result, for the next page")]


class Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The arguments of one tool."""


class Nothing(Arguments, frozen=True):
    """No arguments."""


class Search(Arguments, frozen=True):
    """Files must match all that is given."""

    query: Annotated[str | None, Meta(description="Part of the name, in any case")] = None
    tag: str | None = None
    mime_type: Annotated[str | None, Meta(description="What it begins with: `image/`")] = None
    folder_id: FolderOrRoot | None = None
    favorite: bool | None = None
    sort: Literal["createdAt", "name", "sizeBytes"] = "createdAt"
    order: Literal["asc", "desc"] | None = None
    limit: Annotated[int, Meta(ge=1, le=MAX_ROWS)] = MAX_ROWS
    cursor: Cursor | None = None


class List(Arguments, frozen=True):
    """The root by default."""

    folder_id: FolderOrRoot = "root"
    cursor: Cursor | None = None


class OneFile(Arguments, frozen=True):
    """One file."""

    file_id: FileId


class Read(Arguments, frozen=True):
    """`offset` counts characters; `next_offset` of the previous result goes on."""

    file_id: FileId
    offset: Annotated[int, Meta(ge=0)] = 0


class NextPage(Arguments, frozen=True):
    """A page of a list."""

    cursor: Cursor | None = None


class CreateFolder(Arguments, frozen=True):
    """In the root by default."""

    name: Name
    parent_id: FolderOrRoot = "root"


class UpdateFolder(Arguments, frozen=True):
    """What is not given stays as it is."""

    folder_id: FolderId
    name: Name | None = None
    parent_id: FolderOrRoot | None = None


class OneFolder(Arguments, frozen=True):
    """One folder."""

    folder_id: FolderId


class RenameFile(Arguments, frozen=True):
    """The new name, with its extension."""

    file_id: FileId
    name: Name


class MoveFiles(Arguments, frozen=True):
    """The folder to move them to."""

    file_ids: FileIds
    folder_id: FolderOrRoot


class TagFiles(Arguments, frozen=True):
    """Tags to add to and remove from every one of the files."""

    file_ids: FileIds
    add: Tags = []
    remove: Tags = []


class SetFavorite(Arguments, frozen=True):
    """Mark the files as favorites, or no longer."""

    file_ids: FileIds
    favorite: bool


class SomeFiles(Arguments, frozen=True):
    """The files."""

    file_ids: FileIds


class CreateText(Arguments, frozen=True):
    """In the root by default."""

    name: Name
    content: Annotated[str, Meta(max_length=MAX_TEXT)]
    folder_id: FolderOrRoot = "root"


class Undo(Arguments, frozen=True):
    """Which action."""

    action_id: ActionId
