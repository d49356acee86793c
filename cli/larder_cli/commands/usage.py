"""`larder usage`: how full the key's project is."""

from __future__ import annotations

import click
import msgspec

from larder_cli.shared.connection import connection_options, json_option, open_client
from larder_cli.shared.each import report
from larder_cli.shared.output import print_json_line, size
from larder_cli.shared.usage_table import usage_rows

days_option = click.option(
    "--days",
    type=click.IntRange(1, 90),
    metavar="N",
    help="Show what it stored on each of the last N days.",
)


@click.command()
@days_option
@connection_options
@json_option
def usage(days: int | None, base_url: str | None, api_key: str | None, as_json: bool) -> None:
    """Show what the project stores and reserves, what its batches run, and its limits."""
    show_usage(days, base_url, api_key, as_json=as_json)


def show_usage(
    days: int | None, base_url: str | None, api_key: str | None, *, as_json: bool
) -> None:
    """Print the usage of the key's project, or of each of its last days."""
    with report(as_json=as_json), open_client(base_url, api_key) as client:
        found = client.usage() if days is None else client.usage_history(days)
    if as_json:
        print_json_line(msgspec.to_builtins(found))
        return
    # Rich takes 0.1 s, which JSON does not need.
    from larder_cli.shared.tables import columns, print_rows, print_table  # noqa: PLC0415

    if isinstance(found, tuple):
        table = columns("day", "files", "bytes")
        for day in found:
            table.add_row(day.date, f"{day.files:,}", size(day.bytes))
        print_table(table)
    else:
        print_rows(usage_rows(found))
