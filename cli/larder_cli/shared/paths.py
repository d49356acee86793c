"""Files and folders as arguments: a path begins with a slash, an id does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from larder_client import PathError

if TYPE_CHECKING:
    from larder_client import Client

FOLDER_ID = "folder-"

Files = Annotated[list[str], typer.Argument(metavar="FILE…", help="Paths or ids of files.")]
Folders = Annotated[list[str], typer.Argument(metavar="FOLDER…", help="Paths or ids of folders.")]
Items = Annotated[
    list[str], typer.Argument(metavar="ITEM…", help="Paths or ids of files and folders.")
]


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
