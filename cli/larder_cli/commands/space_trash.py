"""`larder space trash`, `restore` and `purge`: files that people deleted."""

from importlib import import_module
from itertools import islice
from typing import Annotated

import msgspec
import typer

from larder_cli.commands.space_list import LIMIT, with_paths
from larder_cli.shared.connection import ApiKey, AsJson, BaseUrl, open_client
from larder_cli.shared.each import report
from larder_cli.shared.output import note, print_json_line
from larder_cli.shared.paths import find_file_id, find_trashed_id, path_or_id
from larder_client import Client, TrashedFile


def trash(
    files: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FILE…]", help="Files, by their paths or ids."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="Files shown at most.")] = LIMIT,
    base_url: BaseUrl = None,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Move files to the trash and print their ids, or show what is in it.

    What is in the trash still takes its room, and is gone after 30 days.
    """
    with report(as_json=as_json) as failures, open_client(base_url, api_key) as client:
        if not files:
            _show(client, limit, as_json=as_json)
            return
        for given in files:
            with failures.each(**path_or_id(given)):
                gone = client.space.trash(find_file_id(client, given))
                _print(gone.id, gone, as_json=as_json)


def restore(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE…", help="Files in the trash, by their old paths or ids."),
    ],
    base_url: BaseUrl = None,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Take files out of the trash, and print their ids; each goes where it lay, or to the root."""
    with report(as_json=as_json) as failures, open_client(base_url, api_key) as client:
        for given in files:
            with failures.each(**path_or_id(given)):
                file = client.space.restore(find_trashed_id(client, given))
                _print(file.id, file, as_json=as_json)


def purge(
    files: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FILE…]", help="Files in the trash, by their old paths or ids."),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that is in the trash.")] = False,
    base_url: BaseUrl = None,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Delete files in the trash for good, which frees their room, and print their ids."""
    if bool(files) is everything:
        message = "Name the files, or give --all."
        raise typer.BadParameter(message)
    with report(as_json=as_json) as failures, open_client(base_url, api_key) as client:
        if everything:
            _empty(client, as_json=as_json)
        for given in files or []:
            with failures.each(**path_or_id(given)):
                gone = client.space.purge(find_trashed_id(client, given))
                _print(gone.id, gone, as_json=as_json)


def _show(client: Client, limit: int, *, as_json: bool) -> None:
    # One more than is wanted tells whether there are more.
    found = list(islice(client.space.trashed(), limit + 1))
    files: list[tuple[TrashedFile, str | None]] = with_paths(client, found[:limit])
    if as_json:
        documents = [{**msgspec.to_builtins(file), "path": path} for file, path in files]
        print_json_line({"files": documents, "hasMore": len(found) > limit})
        return
    import_module("larder_cli.shared.space_tables").print_trash(files)
    if len(found) > limit:
        note(f"There are more: larder space trash --limit {10 * limit}")


def _empty(client: Client, *, as_json: bool) -> None:
    emptied = client.space.empty_trash()
    if as_json:
        print_json_line(msgspec.to_builtins(emptied))
    else:
        count = f"{emptied.purged_files:,} file{'' if emptied.purged_files == 1 else 's'}"
        rest = "" if emptied.is_empty else "; Larder goes on with the rest"
        note(f"{count} purged{rest}")


def _print(file_id: str, answer: object, *, as_json: bool) -> None:
    if as_json:
        print_json_line(msgspec.to_builtins(answer))
    else:
        typer.echo(file_id)
