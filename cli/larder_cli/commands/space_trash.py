"""`larder space trash`, `restore` and `purge`: deleted files."""

from importlib import import_module
from itertools import islice
from typing import Annotated

import msgspec
import typer

from larder_cli.commands.space_list import LIMIT, with_paths
from larder_cli.shared.changes import change_each
from larder_cli.shared.confirm import Yes, confirm_for_good
from larder_cli.shared.connection import ApiKey, AsJson, BaseUrl, open_client
from larder_cli.shared.each import report
from larder_cli.shared.output import counted, note, print_change, print_json_line
from larder_cli.shared.paths import FOLDER_ID, find_files, find_trashed, path_or_id
from larder_client import Client, Folder, TrashedFile


def trash(
    files: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FILE…]", help="Paths or ids of files."),
    ] = None,
    limit: Annotated[
        int, typer.Option(min=1, metavar="N", help="The maximum number of files to show.")
    ] = LIMIT,
    base_url: BaseUrl = None,
    api_key: ApiKey = None,
    as_json: AsJson = False,
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


def restore(
    files: Annotated[
        list[str],
        typer.Argument(metavar="ITEM…", help="Old paths or ids of files and folders in the trash."),
    ],
    base_url: BaseUrl = None,
    api_key: ApiKey = None,
    as_json: AsJson = False,
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


def purge(
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ITEM…]", help="Old paths or ids of files and folders in the trash."
        ),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Purge everything in the trash.")
    ] = False,
    yes: Yes = False,
    base_url: BaseUrl = None,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Delete files and folders in the trash for good and print their ids. On a terminal, ask first.

    This cannot be undone. It frees their share of the project's quota.
    """
    if bool(files) is everything:
        message = "Give either files and folders or --all."
        raise typer.BadParameter(message)
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
