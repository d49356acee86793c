"""`larder space mkdir` and `rmdir`: make folders and delete them."""

from typing import Annotated

import msgspec
import typer

from larder_cli.shared.connection import ApiKey, AsJson, BaseUrl, open_client
from larder_cli.shared.each import report
from larder_cli.shared.output import note, print_json_line
from larder_cli.shared.paths import Folders, find_folder_id, path_or_id
from larder_client import ROOT, Client, Folder, PathError


def mkdir(
    paths: Annotated[list[str], typer.Argument(metavar="PATH…", help="The folders' paths.")],
    parents: Annotated[
        bool,
        typer.Option(
            "--parents", "-p", help="Those above it as well; one that is there already is fine."
        ),
    ] = False,
    base_url: BaseUrl = None,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Make folders, and print their ids."""
    with report(as_json=as_json) as failures, open_client(base_url, api_key) as client:
        for path in paths:
            with failures.each(path=path):
                folder = client.space.make_folders(path) if parents else _make(client, path)
                if folder is None:
                    message = f"{path} is the root, which is always there."
                    raise PathError(message)
                if as_json:
                    print_json_line(msgspec.to_builtins(folder))
                else:
                    typer.echo(folder.id)


def rmdir(
    folders: Folders,
    recursive: Annotated[
        bool,
        typer.Option(
            "--recursive", "-r", help="With all that lies in them; the files go to the trash."
        ),
    ] = False,
    base_url: BaseUrl = None,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Delete empty folders, and print their ids."""
    with report(as_json=as_json) as failures, open_client(base_url, api_key) as client:
        for given in folders:
            with failures.each(**path_or_id(given)):
                folder_id = find_folder_id(client, given)
                if folder_id is None:
                    message = f"{given} is the root, which is not deleted."
                    raise PathError(message)
                gone = client.space.delete_folder(folder_id, recursive=recursive)
                if as_json:
                    print_json_line(msgspec.to_builtins(gone))
                else:
                    typer.echo(gone.id)
                if not gone.is_deleted:
                    note(f"{given}: closed; Larder moves its files to the trash in a while.")


def _make(client: Client, path: str) -> Folder | None:
    above, _, name = path.rstrip("/").rpartition("/")
    if not path.startswith("/") or not name:
        return client.space.folder_at(path)
    return client.space.create_folder(name, find_folder_id(client, above or "/") or ROOT)
