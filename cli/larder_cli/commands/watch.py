"""`larder watch`: follow files and batches until they are done."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click
import msgspec

from larder_cli.shared.arguments import argument
from larder_cli.shared.batch_report import counts_text, exit_status
from larder_cli.shared.connection import connection_options, json_option, open_client
from larder_cli.shared.each import FAILED, report
from larder_cli.shared.output import print_json_line
from larder_cli.shared.paths import find_file_id, path_or_id
from larder_client import File

if TYPE_CHECKING:
    from larder_cli.shared.each import Failures
    from larder_client import Batch, Client

BATCH_ID = "batch_"
PAUSE = 2.0


@click.command()
@argument(
    "items",
    nargs=-1,
    required=True,
    metavar="ITEM…",
    help="Paths or ids of files, or ids of batches.",
)
@click.option(
    "--interval",
    default=PAUSE,
    type=click.FloatRange(min=0.5),
    metavar="SECONDS",
    help="How long to wait between two looks.",
)
@connection_options
@json_option
def watch(
    items: tuple[str, ...],
    interval: float,
    base_url: str | None,
    api_key: str | None,
    as_json: bool,
) -> None:
    """Print a line for each change of files and batches, until all of them are done.

    A file is done once it is validated, a batch once it has ended. Exits as 'larder put --wait' and
    'larder batch create --wait' do.
    """
    hint = "Run the same command again."
    with report(hint, as_json=as_json) as failures, open_client(base_url, api_key) as client:
        ids: dict[str, str] = {}
        for item in items:
            with failures.each(hint, **path_or_id(item)):
                ids[item] = item if item.startswith(BATCH_ID) else find_file_id(client, item)
        last: dict[str, str] = {}
        while ids:
            for item, item_id in list(ids.items()):
                # What cannot be read is reported once, and not watched any longer.
                watched = ids.pop(item)
                with failures.each(hint, **path_or_id(item)):
                    found = _read(client, item_id)
                    if last.get(item) != (text := _text(found)):
                        last[item] = text
                        _print(item, found, text, as_json=as_json)
                    if _is_done(found):
                        _judge(found, failures)
                    else:
                        ids[item] = watched
            if ids:
                time.sleep(interval)


def _read(client: Client, item_id: str) -> File | Batch:
    if item_id.startswith(BATCH_ID):
        return client.batches.retrieve(item_id)
    return client.files.retrieve(item_id)


def _text(found: File | Batch) -> str:
    if isinstance(found, File):
        return f"{found.status}: {found.status_details}" if found.status_details else found.status
    return f"{found.status}, {counts_text(found)}"


def _is_done(found: File | Batch) -> bool:
    return found.status != "uploaded" if isinstance(found, File) else found.ended


def _judge(found: File | Batch, failures: Failures) -> None:
    if isinstance(found, File):
        failures.fail(FAILED if found.status == "error" else 0)
    else:
        failures.fail(exit_status(found))


def _print(item: str, found: File | Batch, text: str, *, as_json: bool) -> None:
    if as_json:
        document: dict[str, Any] = msgspec.to_builtins(found)
        print_json_line(document)
    else:
        click.echo(f"{item}: {text}")
