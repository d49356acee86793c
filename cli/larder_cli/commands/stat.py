"""`larder stat`: all that is known of files and folders."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import msgspec

from larder_cli.shared.connection import connection_options, json_option, open_client
from larder_cli.shared.each import report
from larder_cli.shared.output import moment, print_json_line, size
from larder_cli.shared.paths import FOLDER_ID, find_items, items_argument, path_or_id

if TYPE_CHECKING:
    from larder_client import Client, Folder, SpaceFile


@click.command()
@items_argument
@connection_options
@json_option
def stat(items: tuple[str, ...], base_url: str | None, api_key: str | None, as_json: bool) -> None:
    """Show all that is known of files and folders, checksums included."""
    with report(as_json=as_json) as failures, open_client(base_url, api_key) as client:
        for item in items:
            with failures.each(**path_or_id(item)):
                for _, item_id in find_items(client, item):
                    _show(client, item_id, as_json=as_json)


def _show(client: Client, item_id: str, *, as_json: bool) -> None:
    if item_id.startswith(FOLDER_ID):
        folder = client.space.folder(item_id)
        path = client.space.paths_of([folder.id]).get(folder.id)
        if as_json:
            print_json_line({**msgspec.to_builtins(folder), "path": path})
        else:
            _print(_of_folder(folder, path))
        return
    # Only the OpenAI-compatible record has the SHA-256 and the reason of a failure.
    file, record = client.space.file(item_id), client.files.retrieve(item_id)
    paths = client.space.paths_of([file.folder_id] if file.folder_id else [])
    above = paths.get(file.folder_id, "?") if file.folder_id else "/"
    path = f"{above.rstrip('/')}/{file.name}"
    if as_json:
        known = {"path": path, "sha256": record.sha256, "statusDetails": record.status_details}
        print_json_line({**msgspec.to_builtins(file), **known})
    else:
        _print(_of_file(file, path, record.sha256, record.status_details))


def _of_folder(folder: Folder, path: str | None) -> dict[str, str | None]:
    return {
        "path": f"{path}/",
        "id": folder.id,
        "files": None if folder.file_count is None else f"{folder.file_count:,}",
        "folders": None if folder.folder_count is None else f"{folder.folder_count:,}",
        "favorite": "yes" if folder.favorite else None,
        "created": moment(int(folder.created_at.timestamp())),
    }


def _of_file(
    file: SpaceFile, path: str, sha256: str | None, details: str | None
) -> dict[str, str | None]:
    expires = file.expires_at
    return {
        "path": path,
        "id": file.id,
        "size": f"{size(file.size)} ({file.size:,} bytes)",
        "type": file.mime_type,
        "purpose": file.purpose,
        "status": f"{file.status}: {details}" if details else file.status,
        "sha256": sha256 or "not known yet",
        "tags": ", ".join(file.tags),
        "favorite": "yes" if file.favorite else None,
        "created": moment(int(file.created_at.timestamp())),
        "changed": moment(int(file.updated_at.timestamp())),
        "expires": moment(int(expires.timestamp())) if expires else None,
    }


def _print(rows: dict[str, str | None]) -> None:
    # Rich takes 0.1 s, which JSON does not need.
    from larder_cli.shared.tables import print_rows  # noqa: PLC0415

    print_rows({name: value for name, value in rows.items() if value})
