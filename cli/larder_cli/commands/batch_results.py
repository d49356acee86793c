"""`larder batch results`: save the answers of a batch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from larder_cli.failures import OperatorError
from larder_cli.shared.arguments import LOCAL_PATH, argument
from larder_cli.shared.batch_files import STDOUT, Places, save_results
from larder_cli.shared.batch_options import is_file_id, wait_option
from larder_cli.shared.batch_report import (
    counts_text,
    exit_status,
    print_end,
    print_failures,
    wait_for_end,
)
from larder_cli.shared.connection import (
    connection_options,
    json_option,
    open_client,
    parallel_option,
)
from larder_cli.shared.each import report
from larder_cli.shared.output import print_json_line

if TYPE_CHECKING:
    from larder_cli.shared.batch_files import Saved
    from larder_client import Batch, Client

_AGAIN = "Run the same command again to resume the download."

errors_option = click.option(
    "--errors",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Where to write the requests that failed, if any. "
    "Default: beside the answers, as answers.errors.jsonl.",
)
force_option = click.option("--force", is_flag=True, help="Overwrite files that exist.")


@click.command()
@argument("batch", metavar="BATCH", help="The id of a batch, or of its input file.")
@click.option(
    "--output",
    "-o",
    default=".",
    type=LOCAL_PATH,
    metavar="PATH",
    show_default="this folder, under the files' own names",
    help="Where to write the answers: a file, an existing folder, or - for standard output.",
)
@errors_option
@force_option
@wait_option
@parallel_option
@connection_options
@json_option
def results(
    batch: str,
    output: str,
    errors: Path | None,
    force: bool,
    wait: bool,
    parallel: int,
    base_url: str | None,
    api_key: str | None,
    as_json: bool,
) -> None:
    """Save the answers of a batch that has ended, in the order of its requests.

    Exits with 4 if requests failed, and prints how many for which reason.
    """
    if output == STDOUT and as_json:
        message = "--json and -o - both write to standard output: leave one of them out."
        raise click.UsageError(message)
    with (
        report(_AGAIN, as_json=as_json) as failures,
        open_client(base_url, api_key, parallel) as client,
        failures.each(_AGAIN, id=batch),
    ):
        found = _find(client, batch)
        if wait:
            found = wait_for_end(client, found, failures)
        elif not found.ended:
            message = (
                f"{found.id} is {found.status}, {counts_text(found)}: add --wait to wait for it."
            )
            raise OperatorError(message)
        saved = save_results(client, found, Places.of(output, errors), overwrite=force)
        print_saved(found, saved, as_json=as_json)
        failures.fail(exit_status(found))


def print_saved(batch: Batch, saved: Saved, *, as_json: bool) -> None:
    """Print where the answers are, and on stderr how the batch ended."""
    if as_json:
        print_json_line(
            {
                "batch": msgspec.to_builtins(batch),
                "output": saved.output and str(saved.output),
                "errors": saved.errors and str(saved.errors),
                "failed": saved.reasons,
            }
        )
    elif saved.output is not None:
        click.echo(str(saved.output))
    print_end(batch)
    print_failures(batch, saved.reasons, None if saved.errors is None else str(saved.errors))


def _find(client: Client, given: str) -> Batch:
    """Return the batch with that id, or the newest that has that file."""
    if not is_file_id(given):
        return client.batches.retrieve(given)
    for batch in client.batches.list():
        if given in {batch.input_file_id, batch.output_file_id, batch.error_file_id}:
            return batch
    message = f"No batch has run on {given}: 'larder batch create {given}' creates one."
    raise OperatorError(message)
