"""`larder batch list`, `show`, `cancel` and `upstreams`: the batches, and who answers them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import msgspec

from larder_cli.shared.arguments import argument
from larder_cli.shared.batch_options import wait_option
from larder_cli.shared.batch_report import (
    counts_text,
    exit_status,
    print_errors,
    tokens_text,
    wait_for_end,
)
from larder_cli.shared.connection import connection_options, json_option, open_client
from larder_cli.shared.each import report
from larder_cli.shared.output import minute, moment, note, print_json_line

if TYPE_CHECKING:
    from larder_client import Batch

LIMIT = 20


@click.command()
@click.option(
    "--limit",
    default=LIMIT,
    type=click.IntRange(1, 100),
    metavar="N",
    help="The maximum number of batches.",
)
@click.option("--after", metavar="ID", help="Only batches created before this one.")
@connection_options
@json_option
def list_batches(
    limit: int, after: str | None, base_url: str | None, api_key: str | None, as_json: bool
) -> None:
    """List batches, newest first."""
    with report(), open_client(base_url, api_key) as client:
        page = client.batches.page(limit=limit, after=after)
    if as_json:
        print_json_line(msgspec.to_builtins(page))
        return
    # Rich takes 0.1 s, which JSON does not need.
    from larder_cli.shared.tables import columns, print_table  # noqa: PLC0415

    table = columns(
        "id",
        "status",
        "answered",
        "failed",
        "model",
        "endpoint",
        "created UTC",
        "ended UTC",
        drop=("endpoint", "created UTC", "model", "ended UTC", "failed"),
    )
    for batch in page.data:
        counts = batch.request_counts
        table.add_row(
            batch.id,
            batch.status,
            f"{counts.ended:,}/{counts.total:,}",
            f"{counts.failed:,}" if counts.failed else "",
            batch.model or "",
            batch.endpoint,
            minute(batch.created_at),
            "" if batch.ended_at is None else minute(batch.ended_at),
        )
    print_table(table)
    if page.has_more and page.data:
        note(f"There are more batches: larder batch list --after {page.data[-1].id}")


@click.command()
@argument("batch_id", metavar="BATCH", help="The id of a batch.")
@wait_option
@connection_options
@json_option
def show(
    batch_id: str, wait: bool, base_url: str | None, api_key: str | None, as_json: bool
) -> None:
    """Show a batch: how far it is, what it took, and why it failed."""
    with (
        report(as_json=as_json) as failures,
        open_client(base_url, api_key) as client,
        failures.each("Run the same command again.", id=batch_id),
    ):
        batch = client.batches.retrieve(batch_id)
        if wait:
            batch = wait_for_end(client, batch, failures)
            failures.fail(exit_status(batch))
        if as_json:
            print_json_line(msgspec.to_builtins(batch))
        else:
            _print(batch)


@click.command()
@argument("batches", nargs=-1, required=True, metavar="BATCH…", help="Ids of batches.")
@connection_options
@json_option
def cancel(
    batches: tuple[str, ...], base_url: str | None, api_key: str | None, as_json: bool
) -> None:
    """Cancel batches and print their ids. The answers that have come are kept."""
    with report(as_json=as_json) as failures, open_client(base_url, api_key) as client:
        for batch_id in batches:
            with failures.each(id=batch_id):
                cancelled = client.batches.cancel(batch_id)
                if as_json:
                    print_json_line(msgspec.to_builtins(cancelled))
                else:
                    click.echo(cancelled.id)


def _print(batch: Batch) -> None:
    from larder_cli.shared.tables import print_rows  # noqa: PLC0415

    ended = batch.ended_at
    rows = {
        "id": batch.id,
        "status": batch.status,
        "requests": counts_text(batch),
        "tokens": tokens_text(batch) if batch.usage.total_tokens else None,
        "endpoint": batch.endpoint,
        "model": batch.model,
        "input file": batch.input_file_id,
        "output file": batch.output_file_id,
        "error file": batch.error_file_id,
        "created": moment(batch.created_at),
        "started": batch.in_progress_at and moment(batch.in_progress_at),
        "ended": ended and moment(ended),
        "expires": batch.expires_at and not ended and moment(batch.expires_at),
        "metadata": ", ".join(f"{key}={value}" for key, value in (batch.metadata or {}).items()),
    }
    print_rows({name: value for name, value in rows.items() if value})
    print_errors(batch, on_stderr=False)


@click.command()
@connection_options
@json_option
def upstreams(base_url: str | None, api_key: str | None, as_json: bool) -> None:
    """List the model servers that answer batches, with their models and limits."""
    with report(), open_client(base_url, api_key) as client:
        found = client.batches.upstreams()
    if as_json:
        print_json_line({"data": msgspec.to_builtins(found)})
        return
    from larder_cli.shared.tables import columns, print_table  # noqa: PLC0415

    table = columns(
        "name",
        "models",
        "concurrency",
        "requests/min",
        "tokens/min",
        drop=("tokens/min", "requests/min", "concurrency"),
    )
    for each in found:
        table.add_row(
            each.name,
            ", ".join(each.models),
            str(each.concurrency),
            str(each.requests_per_minute or ""),
            str(each.tokens_per_minute or ""),
        )
    print_table(table)
