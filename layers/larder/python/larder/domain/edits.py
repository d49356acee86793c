"""Edits: single changes to a project's files and folders, each with the edit that takes it back.

A tool that writes is a list of edits, and so is its undo. Nothing here deletes for good: what can
be said by an edit is all that a model can do.
"""

from __future__ import annotations

import msgspec


class FileEdit(msgspec.Struct, frozen=True, omit_defaults=True, tag="file"):
    """A file's name, folder or mark changes from the first of a pair to the second.

    A folder is an id or `root`. `added` and `removed` are tags that the file did not have, and had.
    """

    file_id: str
    name: tuple[str, str] | None = None
    folder: tuple[str, str] | None = None
    favorite: tuple[bool, bool] | None = None
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


class FilePlace(msgspec.Struct, frozen=True, tag="place"):
    """A file moves to the trash, or out of it."""

    file_id: str
    trashed: bool


class NewText(msgspec.Struct, frozen=True, tag="text"):
    """A file of text comes into being."""

    file_id: str
    name: str
    folder: str
    content: str


class FolderEdit(msgspec.Struct, frozen=True, omit_defaults=True, tag="folder"):
    """A folder's name or parent changes from the first of a pair to the second."""

    folder_id: str
    name: tuple[str, str] | None = None
    parent: tuple[str, str] | None = None


class FolderMade(msgspec.Struct, frozen=True, tag="made"):
    """A folder comes into being; or goes, if it is empty."""

    folder_id: str
    name: str
    parent: str
    made: bool = True


class FolderPlace(msgspec.Struct, frozen=True, tag="folder_place"):
    """A folder moves to the trash with all that is in it, or out of it."""

    folder_id: str
    trashed: bool


type Edit = FileEdit | FilePlace | NewText | FolderEdit | FolderMade | FolderPlace


def reversed_edit(edit: Edit) -> Edit:
    """Return the edit that takes this one back."""
    match edit:
        case FileEdit():
            return FileEdit(
                edit.file_id,
                name=_swapped(edit.name),
                folder=_swapped(edit.folder),
                favorite=_swapped(edit.favorite),
                added=edit.removed,
                removed=edit.added,
            )
        case FilePlace():
            return FilePlace(edit.file_id, not edit.trashed)
        case NewText():
            return FilePlace(edit.file_id, trashed=True)
        case FolderEdit():
            return FolderEdit(
                edit.folder_id, name=_swapped(edit.name), parent=_swapped(edit.parent)
            )
        case FolderMade():
            return FolderMade(edit.folder_id, edit.name, edit.parent, not edit.made)
        case FolderPlace():
            return FolderPlace(edit.folder_id, not edit.trashed)


def _swapped[Value](pair: tuple[Value, Value] | None) -> tuple[Value, Value] | None:
    return None if pair is None else (pair[1], pair[0])


def subject_of(edit: Edit) -> str:
    """Return the id of the file or folder that the edit changes."""
    match edit:
        case FileEdit() | FilePlace() | NewText():
            return edit.file_id
        case FolderEdit() | FolderMade() | FolderPlace():
            return edit.folder_id
