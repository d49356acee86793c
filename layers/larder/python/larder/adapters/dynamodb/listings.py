"""The orders that files and folders are listed in: the keys of the Store table's local indexes.

A local index, unlike a global one, can be read strongly consistently: a file that was moved to
the trash is in no list from then on. Each key ends with the item's id, so that no two are alike.

| index               | live file               | folder                      | in the trash       |
|---------------------|-------------------------|-----------------------------|--------------------|
| `by_name`           | folded name, id         |                             |                    |
| `by_size`           | size, id                |                             |                    |
| `in_folder`         | folder, id              |                             | `trash`, since, id |
| `in_folder_by_name` | folder, folded name, id | `folders`, parent, name, id |                    |
| `in_folder_by_size` | folder, size, id        |                             |                    |

What a folder took along into the trash is not in `trash`. It is in `in_folder` by the folder that
it lay in (`trashed`), and a folder is in `in_folder_by_name` by the one that took it (`taken`).

A folded name is at most three times as long as a name, so that no key is over DynamoDB's 1,024
bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.adapters.dynamodb.attributes import text
from larder.domain.filenames import folded
from larder.domain.folders import ROOT

if TYPE_CHECKING:
    from larder.adapters.dynamodb.attributes import Item
    from larder.domain.files import File
    from larder.domain.folders import Folder
    from larder.domain.ids import FolderId
    from larder.domain.trash import TrashedFile, TrashedFolder

BY_NAME = "by_name"
BY_SIZE = "by_size"
IN_FOLDER = "in_folder"
IN_FOLDER_BY_NAME = "in_folder_by_name"
IN_FOLDER_BY_SIZE = "in_folder_by_size"

LISTINGS = (BY_NAME, BY_SIZE, IN_FOLDER, IN_FOLDER_BY_NAME, IN_FOLDER_BY_SIZE)

TRASH = "trash/"

# Sorts before every character of a name, so that "a" comes before "a b".
_END = "\x00"


def folder_scope(folder_id: FolderId | None) -> str:
    """Return what the keys of a folder's files begin with, in the indexes by folder."""
    return f"{folder_id or ROOT}/"


def children_scope(parent_id: FolderId | None) -> str:
    """Return what the keys of a folder's own folders begin with, in `in_folder_by_name`."""
    return f"folders/{parent_id or ROOT}/"


def same_name_scope(folder_id: FolderId | None, name: str) -> str:
    """Return what the keys of a folder's files of that name begin with, in `in_folder_by_name`."""
    return f"{folder_scope(folder_id)}{folded(name)}{_END}"


def listing_keys(file: File) -> Item:
    """Return a live file's keys in every index."""
    scope = folder_scope(file.folder_id)
    name = f"{folded(file.filename)}{_END}{file.id}"
    size = f"{file.bytes:016x}{_END}{file.id}"
    return {
        BY_NAME: text(name),
        BY_SIZE: text(size),
        IN_FOLDER: text(scope + file.id),
        IN_FOLDER_BY_NAME: text(scope + name),
        IN_FOLDER_BY_SIZE: text(scope + size),
    }


def trashed_scope(folder_id: FolderId | None) -> str:
    """Return what the keys begin with of what lay in a folder that took it into the trash."""
    return f"trashed/{folder_id or ROOT}/"


def taken_scope(root_id: FolderId) -> str:
    """Return what the keys of the folders begin with that a folder took into the trash."""
    return f"taken/{root_id}/"


def trash_listing_key(trashed: TrashedFile) -> Item:
    """Return a trashed file's key: by the time of its deletion, or by the folder it lay in."""
    if trashed.within is not None:
        return {IN_FOLDER: text(trashed_scope(trashed.file.folder_id) + trashed.file.id)}
    return {IN_FOLDER: text(f"{TRASH}{trashed.deleted_at:012d}/{trashed.file.id}")}


def trashed_folder_listing_key(trashed: TrashedFolder) -> Item:
    """Return a trashed folder's keys: by the time of its deletion, or by where it lay."""
    folder = trashed.folder
    if trashed.within is None:
        return {IN_FOLDER: text(f"{TRASH}{trashed.deleted_at:012d}/{folder.id}")}
    return {
        IN_FOLDER: text(trashed_scope(folder.parent_id) + folder.id),
        IN_FOLDER_BY_NAME: text(taken_scope(trashed.within) + folder.id),
    }


def folder_listing_key(folder: Folder) -> Item:
    """Return a folder's key among the folders of its parent, by name."""
    name = f"{folded(folder.name)}{_END}{folder.id}"
    return {IN_FOLDER_BY_NAME: text(children_scope(folder.parent_id) + name)}
