"""`larder space mkdir` and `rmdir`: create folders and delete them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from larder_cli.shared.arguments import argument
from larder_cli.shared.connection import connection_options, json_option, open_client
from larder_cli.shared.each import report
from larder_cli.shared.output import note, print_change
from larder_cli.shared.paths import find_folder_id, find_folders, folders_argument, path_or_id
from larder_client import ROOT, PathError

if TYPE_CHECKING:
    from larder_client import Client, Folder


@click.command()
@argument("paths", nargs=-1, required=True, metavar="PATH…", help="Paths of new folders.")
@click.option(
    "--parents", "-p", is_flag=True, help="Create missing parents too, and accept existing folders."
)
@connection_options
@json_option
def mkdir(
    paths: tuple[str, ...], parents: bool, base_url: str | None, api_key: str | None, as_json: bool
) -> None:
    """Create folders and print their ids."""
    with report(as_json=as_json) as failures, open_client(base_url, api_key) as client:
        for path in paths:
            with failures.each(path=path):
                made = client.space.make_folders(path) if parents else _make(client, path)
                if made is None:
                    message = f"{path} is the root folder, which always exists."
                    raise PathError(message)
                print_change(made, as_json=as_json)


@click.command()
@folders_argument
@click.option(
    "--recursive", "-r", is_flag=True, help="Move them to the trash with everything in them."
)
@connection_options
@json_option
def rmdir(
    folders: tuple[str, ...],
    recursive: bool,
    base_url: str | None,
    api_key: str | None,
    as_json: bool,
) -> None:
    """Delete empty folders and print their ids."""
    with report(as_json=as_json) as failures, open_client(base_url, api_key) as client:
        for folder in folders:
            with failures.each(**path_or_id(folder)):
                for path, folder_id in find_folders(client, folder):
                    if folder_id is None:
                        message = f"{folder} is the root folder, which cannot be deleted."
                        raise PathError(message)
                    deleted = client.space.delete_folder(folder_id, recursive=recursive)
                    print_change(deleted, as_json=as_json)
                    if not deleted.is_deleted:
                        note(f"{path}: in the trash. Larder is still moving its files there.")


def _make(client: Client, path: str) -> Folder | None:
    above, _, name = path.rstrip("/").rpartition("/")
    if not path.startswith("/") or not name:
        return client.space.folder_at(path)
    return client.space.create_folder(name, find_folder_id(client, above or "/") or ROOT)
