"""`larder usage`: how full the key's project is."""

from typing import Annotated

import msgspec
import typer

from larder_cli.shared.connection import ApiKey, AsJson, BaseUrl, open_client
from larder_cli.shared.each import report
from larder_cli.shared.output import print_json_line, size
from larder_cli.shared.usage_table import usage_rows

Days = Annotated[
    int | None,
    typer.Option(
        min=1, max=90, metavar="N", help="Show what it stored on each of the last N days."
    ),
]


def usage(
    days: Days = None, base_url: BaseUrl = None, api_key: ApiKey = None, as_json: AsJson = False
) -> None:
    """Show what the project stores and reserves, what its batches run, and its limits."""
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
