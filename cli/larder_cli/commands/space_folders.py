"""`larder space mkdir` and `rmdir`: create folders and delete them."""

from typing import Annotated

import typer

from larder_cli.shared.connection import ApiKey, AsJson, BaseUrl, open_client
from larder_cli.shared.each import report
from larder_cli.shared.output import note, print_change
from larder_cli.shared.paths import Folders, find_folder_id, find_folders, path_or_id
from larder_client import ROOT, Client, Folder, PathError


def mkdir(
    paths: Annotated[list[str], typer.Argument(metavar="PATH…", help="Paths of new folders.")],
    parents: Annotated[
        bool,
        typer.Option(
            "--parents", "-p", help="Create missing parents too, and accept existing folders."
        ),
    ] = False,
    base_url: BaseUrl = None,
    api_key: ApiKey = None,
    as_json: AsJson = False,
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


def rmdir(
    folders: Folders,
    recursive: Annotated[
        bool,
        typer.Option("--recursive", "-r", help="Move them to the trash with everything in them."),
    ] = False,
    base_url: BaseUrl = None,
    api_key: ApiKey = None,
    as_json: AsJson = False,
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
