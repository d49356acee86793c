"""`larder space mv`, `rename`, `tag` and `fav`: change files and folders."""

from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from larder_cli.shared.connection import ApiKey, AsJson, BaseUrl, open_client
from larder_cli.shared.each import report
from larder_cli.shared.output import print_json_line
from larder_cli.shared.paths import (
    FOLDER_ID,
    Files,
    Things,
    find_file_id,
    find_folder_id,
    find_id,
    is_path,
    path_or_id,
)
from larder_client import ROOT, Client, Folder, PathError, SpaceFile

if TYPE_CHECKING:
    from larder_client.space.models import FileChanges, FolderChanges


def mv(
    things: Things,
    target: Annotated[
        str,
        typer.Argument(help="The folder to move them into; for one thing alone, or its new path."),
    ],
    base_url: BaseUrl = None,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Move files and folders, and print their ids."""
    with report(as_json=as_json) as failures, open_client(base_url, api_key) as client:
        place, name = _target(client, target, alone=len(things) == 1)
        for given in things:
            with failures.each(**path_or_id(given)):
                thing_id = find_id(client, given)
                _print(_change(client, thing_id, place=place, name=name), as_json=as_json)


def rename(
    thing: Annotated[
        str, typer.Argument(metavar="THING", help="A file or a folder, by its path or id.")
    ],
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its new name.")],
    base_url: BaseUrl = None,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Rename a file or a folder where it is, and print its id."""
    with (
        report(as_json=as_json) as failures,
        open_client(base_url, api_key) as client,
        failures.each(**path_or_id(thing)),
    ):
        _print(_change(client, find_id(client, thing), name=name), as_json=as_json)


def tag(
    files: Files,
    add: Annotated[list[str] | None, typer.Option(metavar="TAG", help="Add a tag.")] = None,
    remove: Annotated[list[str] | None, typer.Option(metavar="TAG", help="Take one off.")] = None,
    clear: Annotated[
        bool, typer.Option("--clear", help="First take all tags off, and then --add.")
    ] = False,
    base_url: BaseUrl = None,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Put tags on files and take them off, and print the files' ids."""
    changes: FileChanges = {"add_tags": add or [], "remove_tags": remove or []}
    if clear:
        changes["tags"] = []
    if not (add or remove or clear):
        message = "Nothing is to change: give --add, --remove or --clear."
        raise typer.BadParameter(message)
    with report(as_json=as_json) as failures, open_client(base_url, api_key) as client:
        for given in files:
            with failures.each(**path_or_id(given)):
                file_id = find_file_id(client, given)
                _print(client.space.update(file_id, **changes), as_json=as_json)


def fav(
    things: Things,
    off: Annotated[bool, typer.Option("--off", help="They are none any more.")] = False,
    base_url: BaseUrl = None,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Make files and folders favorites, and print their ids."""
    with report(as_json=as_json) as failures, open_client(base_url, api_key) as client:
        for given in things:
            with failures.each(**path_or_id(given)):
                thing_id = find_id(client, given)
                _print(_change(client, thing_id, favorite=not off), as_json=as_json)


def _target(client: Client, target: str, *, alone: bool) -> tuple[str, str | None]:
    """Return the id of the folder to move into, and the new name if the target ends with one."""
    try:
        return find_folder_id(client, target) or ROOT, None
    except PathError:
        if not alone or target.endswith("/") or not is_path(target):
            raise
    above, _, name = target.rpartition("/")
    place = find_folder_id(client, above or "/") or ROOT
    if any(file.name == name for file in client.space.files(folder_id=place, q=name)):
        message = f"There is a file at {target} already."
        raise PathError(message)
    return place, name


def _change(
    client: Client,
    thing_id: str,
    *,
    place: str | None = None,
    name: str | None = None,
    favorite: bool | None = None,
) -> SpaceFile | Folder:
    of_file: FileChanges = {}
    of_folder: FolderChanges = {}
    if place is not None:
        of_file["folder_id"] = of_folder["parent_id"] = place
    if name is not None:
        of_file["name"] = of_folder["name"] = name
    if favorite is not None:
        of_file["favorite"] = of_folder["favorite"] = favorite
    if thing_id.startswith(FOLDER_ID):
        return client.space.update_folder(thing_id, **of_folder)
    return client.space.update(thing_id, **of_file)


def _print(changed: SpaceFile | Folder, *, as_json: bool) -> None:
    if as_json:
        print_json_line(msgspec.to_builtins(changed))
    else:
        typer.echo(changed.id)
