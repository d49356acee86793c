"""`larder space trash`, `restore` and `purge`: deleted files."""

from __future__ import annotations

from importlib import import_module
from itertools import islice
from typing import TYPE_CHECKING

import click
import msgspec

from larder_cli.commands.space_list import LIMIT, with_paths
from larder_cli.shared.arguments import argument
from larder_cli.shared.changes import change_each
from larder_cli.shared.confirm import confirm_for_good, yes_option
from larder_cli.shared.connection import connection_options, json_option, open_client
from larder_cli.shared.each import report
from larder_cli.shared.output import counted, note, print_change, print_json_line
from larder_cli.shared.paths import FOLDER_ID, find_files, find_trashed, path_or_id

if TYPE_CHECKING:
    from larder_client import Client, Folder, TrashedFile


@click.command()
@argument("files", nargs=-1, metavar="[FILE…]", help="Paths or ids of files.")
@click.option(
    "--limit",
    default=LIMIT,
    type=click.IntRange(min=1),
    metavar="N",
    help="The maximum number of files to show.",
)
@connection_options
@json_option
def trash(
    files: tuple[str, ...], limit: int, base_url: str | None, api_key: str | None, as_json: bool
) -> None:
    """Move files to the trash and print their ids. Without a file, show the trash.

    Files in the trash count against the quota. Larder purges them after 30 days.
    """
    with report(as_json=as_json) as failures, open_client(base_url, api_key) as client:
        if not files:
            _show(client, limit, as_json=as_json)
            return
        change_each(
            client,
            failures,
            files,
            find=find_files,
            operation=lambda file_id: {"op": "trash", "file_id": file_id},
            as_json=as_json,
        )


@click.command()
@argument(
    "files",
    nargs=-1,
    required=True,
    metavar="ITEM…",
    help="Old paths or ids of files and folders in the trash.",
)
@connection_options
@json_option
def restore(
    files: tuple[str, ...], base_url: str | None, api_key: str | None, as_json: bool
) -> None:
    """Restore files and folders from the trash and print their ids.

    Each returns to its folder, made anew if that was deleted. A folder comes with all its contents.
    """
    with report(as_json=as_json) as failures, open_client(base_url, api_key) as client:

        def of_folder(folder_id: str) -> Folder:
            restored = client.space.restore_folder(folder_id)
            if not restored.is_restored:
                note(f"{restored.name}: back. Larder is still restoring its files.")
            return restored

        change_each(
            client,
            failures,
            files,
            find=find_trashed,
            operation=lambda file_id: {"op": "restore", "file_id": file_id},
            of_folder=of_folder,
            as_json=as_json,
        )


@click.command()
@argument(
    "files", nargs=-1, metavar="[ITEM…]", help="Old paths or ids of files and folders in the trash."
)
@click.option("--all", "everything", is_flag=True, help="Purge everything in the trash.")
@yes_option
@connection_options
@json_option
def purge(
    files: tuple[str, ...],
    everything: bool,
    yes: bool,
    base_url: str | None,
    api_key: str | None,
    as_json: bool,
) -> None:
    """Delete files and folders in the trash for good and print their ids. On a terminal, ask first.

    This cannot be undone. It frees their share of the project's quota.
    """
    if bool(files) is everything:
        message = "Give either files and folders or --all."
        raise click.UsageError(message)
    with report(as_json=as_json) as failures, open_client(base_url, api_key) as client:
        if everything:
            confirm_for_good(["everything in the trash"], yes=yes)
            _empty(client, as_json=as_json)
        found: list[tuple[str, str]] = []
        for file in files or []:
            with failures.each(**path_or_id(file)):
                found += find_trashed(client, file)
        confirm_for_good([name for name, _ in found], "item", yes=yes)
        for name, item_id in found:
            with failures.each(**path_or_id(name)):
                if item_id.startswith(FOLDER_ID):
                    gone = client.space.purge_folder(item_id)
                    print_change(gone, as_json=as_json)
                    if not gone.is_deleted:
                        note(f"{name}: gone. Larder is still purging its files.")
                else:
                    print_change(client.space.purge(item_id), as_json=as_json)


def _show(client: Client, limit: int, *, as_json: bool) -> None:
    # One more than shown, to know whether there are more.
    found = list(islice(client.space.trashed(), limit + 1))
    files: list[tuple[TrashedFile, str | None]] = with_paths(client, found[:limit])
    folders = list(client.space.trashed_folders())
    if as_json:
        documents = [{**msgspec.to_builtins(file), "path": path} for file, path in files]
        print_json_line(
            {
                "files": documents,
                "folders": msgspec.to_builtins(folders),
                "hasMore": len(found) > limit,
            }
        )
        return
    import_module("larder_cli.shared.space_tables").print_trash(folders, files)
    if len(found) > limit:
        note(f"There are more files: larder space trash --limit {10 * limit}")


def _empty(client: Client, *, as_json: bool) -> None:
    emptied = client.space.empty_trash()
    if as_json:
        print_json_line(msgspec.to_builtins(emptied))
    else:
        rest = "" if emptied.is_empty else ". Larder is still purging the others."
        note(f"{counted(emptied.purged_files, 'item')} purged{rest}")
