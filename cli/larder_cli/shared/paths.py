"""Files and folders as arguments: a path begins with a slash, an id does not."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, TypeVar

from larder_cli.shared.arguments import argument
from larder_client import PathError

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder_client import Client

FOLDER_ID = "folder-"

_WILDCARDS = frozenset("*?[")

T = TypeVar("T")

files_argument = argument(
    "files",
    nargs=-1,
    required=True,
    metavar="FILE…",
    help="Paths or ids of files; a path may have wildcards, such as '/Projects/*.pdf'.",
)
folders_argument = argument(
    "folders", nargs=-1, required=True, metavar="FOLDER…", help="Paths or ids of folders."
)
items_argument = argument(
    "items", nargs=-1, required=True, metavar="ITEM…", help="Paths or ids of files and folders."
)


def is_path(given: str) -> bool:
    """Return whether this is a path, and not an id."""
    return given.startswith("/")


def path_or_id(given: str) -> dict[str, str]:
    """Return the JSON member that names what was given: its `path` or its `id`."""
    return {"path" if is_path(given) else "id": given}


def find_file_id(client: Client, given: str) -> str:
    """Return the id of the file at this path, or the id itself.

    Raises:
        PathError: there is no file at the path, or more than one.
    """
    return client.space.file_at(given).id if is_path(given) else given


def find_trashed_id(client: Client, given: str) -> str:
    """Return the id of the file or folder in the trash that was at this path, or the id itself.

    Raises:
        PathError: nothing in the trash was at the path, or more than one was.
    """
    return client.space.trashed_at(given).id if is_path(given) else given


def find_folder_id(client: Client, given: str) -> str | None:
    """Return the id of the folder at this path, None for the root, or the id itself.

    Raises:
        PathError: there is no folder at the path.
    """
    if not is_path(given):
        return given
    folder = client.space.folder_at(given)
    return folder.id if folder else None


def find_id(client: Client, given: str) -> str:
    """Return the id of the file or folder at this path, or the id itself.

    Raises:
        PathError: there is nothing at the path, more than one item, or it is the root.
    """
    if not is_path(given):
        return given
    item = client.space.at(given)
    if item is None:
        message = f"{given} is the root folder, which cannot be changed."
        raise PathError(message)
    return item.id


def find_files(client: Client, given: str) -> list[tuple[str, str]]:
    """Return the paths and ids of the files at a path, which may have wildcards, or of an id.

    A name that has a `*` itself goes before the wildcard.

    Raises:
        PathError: there is none, or a path without wildcards leads to more than one.
    """
    return _found(client, given, find_file_id, "files_matching")


def find_items(client: Client, given: str) -> list[tuple[str, str]]:
    """Return the paths and ids of the files and folders at a path; raises as `find_files`."""
    return _found(client, given, find_id, "items_matching")


def find_folders(client: Client, given: str) -> list[tuple[str, str | None]]:
    """Return the paths and ids of the folders at a path, None for the root's, as `find_files`."""
    return _found(client, given, find_folder_id, "folders_matching")


def find_trashed(client: Client, given: str) -> list[tuple[str, str]]:
    """Return the old paths and ids of what was deleted from a path; raises as `find_files`."""
    return _found(client, given, find_trashed_id, "trashed_matching")


def has_wildcard(given: str) -> bool:
    """Return whether this is a path with a wildcard."""
    return is_path(given) and not _WILDCARDS.isdisjoint(given)


def _found(
    client: Client, given: str, find: Callable[[Client, str], T], matching: str
) -> list[tuple[str, T]]:
    try:
        return [(given, find(client, given))]
    except PathError:
        if not has_wildcard(given):
            raise
    # Most commands get plain paths and ids, and need not wait for this.
    matches = getattr(import_module("larder_cli.shared.patterns"), matching)
    found = [(path, item.id) for path, item in matches(client, given)]
    if not found:
        message = f"Nothing matches {given}."
        raise PathError(message)
    return found
