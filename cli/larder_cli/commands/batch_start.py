"""`larder batch create` and `retry`: start a batch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from larder_cli.shared.arguments import LOCAL_PATH, argument
from larder_cli.shared.batch_options import (
    checked_file,
    checked_options,
    checked_stored_file,
    endpoint_option,
    expires_after_option,
    is_file_id,
    metadata_option,
    upload,
    wait_option,
    window_option,
)
from larder_cli.shared.batch_report import exit_status, print_end, wait_for_end
from larder_cli.shared.connection import (
    connection_options,
    json_option,
    open_client,
    parallel_option,
)
from larder_cli.shared.each import report
from larder_cli.shared.output import note, print_json_line, printable

if TYPE_CHECKING:
    from larder_cli.shared.each import Failures
    from larder_client import Batch, Client

_AGAIN = "Run the same command again, unless 'larder batch list' shows the batch."


@click.command()
@argument(
    "file",
    type=LOCAL_PATH,
    metavar="FILE",
    help="A local file, or the id of one that is uploaded.",
)
@endpoint_option
@window_option
@metadata_option
@expires_after_option
@wait_option
@parallel_option
@connection_options
@json_option
def create(
    file: str,
    endpoint: str | None,
    window: str,
    metadata: tuple[str, ...],
    expires_after: int | None,
    wait: bool,
    parallel: int,
    base_url: str | None,
    api_key: str | None,
    as_json: bool,
) -> None:
    """Create a batch of a file's requests and print its id.

    A local file is checked first, and uploaded.
    """
    asked = checked_options(window, metadata, expires_after)
    with (
        report(_AGAIN, as_json=as_json) as failures,
        open_client(base_url, api_key, parallel) as client,
        failures.each(_AGAIN, file=printable(file)),
    ):
        if is_file_id(file):
            file_id = file
            chosen = endpoint or checked_stored_file(client, file).endpoint
        else:
            chosen = checked_file(Path(file), endpoint).endpoint
            file_id = upload(client, Path(file))
        batch = client.batches.create(file_id, chosen or "", **asked)
        _finish(client, batch, failures, wait=wait, as_json=as_json)


@click.command()
@argument("batch", metavar="BATCH", help="The id of an ended batch.")
@wait_option
@connection_options
@json_option
def retry(batch: str, wait: bool, base_url: str | None, api_key: str | None, as_json: bool) -> None:
    """Run the requests that have no good answer in a new batch, and print its id.

    These are the requests that failed, were cancelled or expired. A batch is retried once: the
    same command prints the same id again.
    """
    with (
        report("Run the same command again.", as_json=as_json) as failures,
        open_client(base_url, api_key) as client,
        failures.each("Run the same command again.", id=batch),
    ):
        _finish(client, client.batches.retry(batch), failures, wait=wait, as_json=as_json)


def _finish(client: Client, batch: Batch, failures: Failures, *, wait: bool, as_json: bool) -> None:
    if not as_json:
        click.echo(batch.id)
    if wait:
        batch = wait_for_end(client, batch, failures)
        failures.fail(exit_status(batch))
    if as_json:
        print_json_line(msgspec.to_builtins(batch))
    if wait:
        print_end(batch)
    if wait and (batch.output_file_id or batch.error_file_id):
        note(f"Save the answers with: larder batch results {batch.id} -o answers.jsonl")
