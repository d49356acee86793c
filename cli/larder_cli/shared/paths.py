"""Files and folders as they are named on the command line: paths begin with a slash, ids do not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from larder_client import PathError

if TYPE_CHECKING:
    from larder_client import Client

FOLDER_ID = "folder-"

Files = Annotated[list[str], typer.Argument(metavar="FILE…", help="Files, by their paths or ids.")]
Folders = Annotated[
    list[str], typer.Argument(metavar="FOLDER…", help="Folders, by their paths or ids.")
]
Things = Annotated[
    list[str], typer.Argument(metavar="THING…", help="Files and folders, by their paths or ids.")
]


def is_path(given: str) -> bool:
    """Tell a path from an id."""
    return given.startswith("/")


def path_or_id(given: str) -> dict[str, str]:
    """Return the JSON member that names what was given."""
    return {"path" if is_path(given) else "id": given}


def find_file_id(client: Client, given: str) -> str:
    """Return the id of the file that is meant.

    Raises:
        PathError: no file lies at the path, or several.
    """
    return client.space.file_at(given).id if is_path(given) else given


def find_trashed_id(client: Client, given: str) -> str:
    """Return the id of the file in the trash that is meant, by where it lay.

    Raises:
        PathError: no file in the trash lay at the path, or several did.
    """
    return client.space.trashed_at(given).id if is_path(given) else given


def find_folder_id(client: Client, given: str) -> str | None:
    """Return the id of the folder that is meant, None for the root.

    Raises:
        PathError: there is no folder at the path.
    """
    if not is_path(given):
        return given
    folder = client.space.folder_at(given)
    return folder.id if folder else None


def find_id(client: Client, given: str) -> str:
    """Return the id of the file or folder that is meant.

    Raises:
        PathError: nothing lies at the path, or more than one thing, or it is the root.
    """
    if not is_path(given):
        return given
    thing = client.space.at(given)
    if thing is None:
        message = f"{given} is the root, which stays as it is."
        raise PathError(message)
    return thing.id
