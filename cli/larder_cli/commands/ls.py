"""`larder ls`: list files."""

from __future__ import annotations

import click
import msgspec

from larder_cli.shared.connection import connection_options, json_option, open_client
from larder_cli.shared.each import report
from larder_cli.shared.output import minute, note, print_json_line, size
from larder_cli.shared.tables import columns, print_table

LIMIT = 50


@click.command()
@click.option("--purpose", metavar="PURPOSE", help="Only files with this purpose.")
@click.option(
    "--limit",
    default=LIMIT,
    type=click.IntRange(1, 10_000),
    metavar="N",
    help="The maximum number of files.",
)
@click.option("--after", metavar="ID", help="Only files created before this one.")
@connection_options
@json_option
def ls(
    purpose: str | None,
    limit: int,
    after: str | None,
    base_url: str | None,
    api_key: str | None,
    as_json: bool,
) -> None:
    """List files, newest first."""
    with report(), open_client(base_url, api_key) as client:
        page = client.files.page(purpose=purpose, limit=limit, after=after)
    if as_json:
        print_json_line(msgspec.to_builtins(page))
        return
    table = columns(
        "id",
        "filename",
        "size",
        "purpose",
        "status",
        "created UTC",
        "expires UTC",
        drop=("purpose", "created UTC", "expires UTC", "size", "status"),
    )
    for file in page.data:
        expires = "" if file.expires_at is None else minute(file.expires_at)
        table.add_row(
            file.id,
            file.filename,
            size(file.bytes),
            file.purpose,
            file.status,
            minute(file.created_at),
            expires,
        )
    print_table(table)
    if page.has_more and page.data:
        note(f"There are more files: larder ls --after {page.data[-1].id}")
