"""`larder cp`: copy a file of the Space."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click
import msgspec

from larder_cli.shared.arguments import argument
from larder_cli.shared.connection import (
    connection_options,
    json_option,
    open_client,
    parallel_option,
)
from larder_cli.shared.each import report
from larder_cli.shared.output import print_json_line
from larder_cli.shared.paths import files_argument, find_files, is_path, path_or_id
from larder_cli.shared.progress import open_bar
from larder_client import ROOT, PathError

if TYPE_CHECKING:
    from larder_client import Client


@click.command()
@files_argument
@argument(
    "target",
    metavar="TARGET",
    help="The folder to copy them into. A single file may also get a new path.",
)
@click.option("--replace", is_flag=True, help="Move a file of the same name there to the trash.")
@parallel_option
@connection_options
@json_option
def cp(
    files: tuple[str, ...],
    target: str,
    replace: bool,
    parallel: int,
    base_url: str | None,
    api_key: str | None,
    as_json: bool,
) -> None:
    """Copy files within the Space, with their tags, and print the ids of the copies.

    The bytes go through this machine.
    """
    with report(as_json=as_json) as failures, open_client(base_url, api_key, parallel) as client:
        found: list[tuple[str, str]] = []
        for file in files:
            with failures.each(**path_or_id(file)):
                found += find_files(client, file)
        folder_id, name = _target(client, target, alone=len(found) == 1)
        for path, file_id in found:
            with failures.each(**path_or_id(path)):
                copy = _copy(client, file_id, folder_id, name, replace=replace)
                if as_json:
                    print_json_line(copy)
                else:
                    click.echo(copy["id"])


def _target(client: Client, target: str, *, alone: bool) -> tuple[str, str | None]:
    """Return the id of the folder, and the copy's name if the target has one.

    Raises:
        PathError: there is no such folder.
    """
    if not is_path(target):
        return target, None
    try:
        folder = client.space.folder_at(target)
    except PathError:
        if not alone or target.endswith("/"):
            raise
        above, _, name = target.rpartition("/")
        folder = client.space.folder_at(above or "/")
        return (folder.id if folder else ROOT), name
    return (folder.id if folder else ROOT), None


def _copy(
    client: Client, file_id: str, folder_id: str, name: str | None, *, replace: bool
) -> dict[str, Any]:
    file = client.space.file(file_id)
    with TemporaryDirectory(prefix="larder-") as folder, open_bar(file.name) as bar:
        local = Path(folder) / "copy"
        client.files.download(file_id, local, progress=bar)
        # `fail` says so where the name is taken: two files of one name are no copy anyone wants.
        uploaded = client.files.upload(
            local,
            purpose=file.purpose,
            filename=name or file.name,
            folder_id=None if folder_id == ROOT else folder_id,
            if_exists="replace" if replace else "fail",
            progress=bar,
        )
    if file.tags:
        client.space.update(uploaded.file.id, tags=list(file.tags))
    copy: dict[str, Any] = msgspec.to_builtins(uploaded.file)
    return copy
