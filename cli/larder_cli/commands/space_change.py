"""`larder space mv`, `rename`, `tag` and `fav`: change files and folders."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from larder_cli.shared.arguments import argument
from larder_cli.shared.changes import change_each
from larder_cli.shared.connection import connection_options, json_option, open_client
from larder_cli.shared.each import report
from larder_cli.shared.output import print_change
from larder_cli.shared.paths import (
    FOLDER_ID,
    files_argument,
    find_files,
    find_folder_id,
    find_id,
    find_items,
    is_path,
    items_argument,
    path_or_id,
)
from larder_client import ROOT, PathError

if TYPE_CHECKING:
    from larder_client import Client, Folder, SpaceFile
    from larder_client.space.models import FileChanges, FolderChanges


@click.command()
@items_argument
@argument(
    "target",
    metavar="TARGET",
    help="The folder to move them into. A single item may also get a new path.",
)
@connection_options
@json_option
def mv(
    items: tuple[str, ...], target: str, base_url: str | None, api_key: str | None, as_json: bool
) -> None:
    """Move files and folders and print their ids."""
    with report(as_json=as_json) as failures, open_client(base_url, api_key) as client:
        folder_id, name = _target(client, target, alone=len(items) == 1)
        if name is not None:
            with failures.each(**path_or_id(items[0])):
                item_id = find_id(client, items[0])
                print_change(
                    _change(client, item_id, folder_id=folder_id, name=name), as_json=as_json
                )
            return
        change_each(
            client,
            failures,
            items,
            find=find_items,
            operation=lambda file_id: {"op": "move", "file_id": file_id, "folder_id": folder_id},
            of_folder=lambda each: client.space.update_folder(each, parent_id=folder_id),
            as_json=as_json,
        )


@click.command()
@argument("item", metavar="ITEM", help="The path or id of a file or folder.")
@argument("name", metavar="NAME", help="Its new name.")
@connection_options
@json_option
def rename(item: str, name: str, base_url: str | None, api_key: str | None, as_json: bool) -> None:
    """Rename a file or folder and print its id."""
    with (
        report(as_json=as_json) as failures,
        open_client(base_url, api_key) as client,
        failures.each(**path_or_id(item)),
    ):
        print_change(_change(client, find_id(client, item), name=name), as_json=as_json)


@click.command()
@files_argument
@click.option("--add", multiple=True, metavar="TAG", help="Add a tag. Repeat for more.")
@click.option("--remove", multiple=True, metavar="TAG", help="Remove a tag. Repeat for more.")
@click.option("--clear", is_flag=True, help="Remove all tags, before --add.")
@connection_options
@json_option
def tag(
    files: tuple[str, ...],
    add: tuple[str, ...],
    remove: tuple[str, ...],
    clear: bool,
    base_url: str | None,
    api_key: str | None,
    as_json: bool,
) -> None:
    """Add tags to files, remove tags, and print the files' ids."""
    added, removed = list(add), list(remove)
    if not (add or remove or clear):
        message = "Nothing to do: give --add, --remove or --clear."
        raise click.UsageError(message)
    with report(as_json=as_json) as failures, open_client(base_url, api_key) as client:
        if not clear:
            change_each(
                client,
                failures,
                files,
                find=find_files,
                operation=lambda file_id: {
                    "op": "tag",
                    "file_id": file_id,
                    "add_tags": added,
                    "remove_tags": removed,
                },
                as_json=as_json,
            )
            return
        for file in files:
            with failures.each(**path_or_id(file)):
                for _, file_id in find_files(client, file):
                    cleared = client.space.update(
                        file_id, tags=[], add_tags=added, remove_tags=removed
                    )
                    print_change(cleared, as_json=as_json)


@click.command()
@items_argument
@click.option("--off", is_flag=True, help="Unmark them.")
@connection_options
@json_option
def fav(
    items: tuple[str, ...], off: bool, base_url: str | None, api_key: str | None, as_json: bool
) -> None:
    """Mark files and folders as favorites and print their ids."""
    with report(as_json=as_json) as failures, open_client(base_url, api_key) as client:
        change_each(
            client,
            failures,
            items,
            find=find_items,
            operation=lambda file_id: {"op": "favorite", "file_id": file_id, "favorite": not off},
            of_folder=lambda each: client.space.update_folder(each, favorite=not off),
            as_json=as_json,
        )


def _target(client: Client, target: str, *, alone: bool) -> tuple[str, str | None]:
    """Return the id of the folder to move into, and the new name if the target has one."""
    try:
        return find_folder_id(client, target) or ROOT, None
    except PathError:
        if not alone or target.endswith("/") or not is_path(target):
            raise
    above, _, name = target.rpartition("/")
    folder_id = find_folder_id(client, above or "/") or ROOT
    if any(file.name == name for file in client.space.files(folder_id=folder_id, q=name)):
        message = f"There is already a file at {target}."
        raise PathError(message)
    return folder_id, name


def _change(
    client: Client,
    item_id: str,
    *,
    folder_id: str | None = None,
    name: str,
) -> SpaceFile | Folder:
    of_file: FileChanges = {"name": name}
    of_folder: FolderChanges = {"name": name}
    if folder_id is not None:
        of_file["folder_id"] = of_folder["parent_id"] = folder_id
    if item_id.startswith(FOLDER_ID):
        return client.space.update_folder(item_id, **of_folder)
    return client.space.update(item_id, **of_file)
