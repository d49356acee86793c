"""`larder ls`: list files."""

from typing import Annotated

import msgspec
import typer

from larder_cli.shared.connection import ApiKey, AsJson, BaseUrl, open_client
from larder_cli.shared.each import report
from larder_cli.shared.output import minute, note, print_json_line, size
from larder_cli.shared.tables import columns, print_table

LIMIT = 50


def ls(
    purpose: Annotated[
        str | None, typer.Option(metavar="PURPOSE", help="Only files with this purpose.")
    ] = None,
    limit: Annotated[
        int, typer.Option(min=1, max=10_000, metavar="N", help="The maximum number of files.")
    ] = LIMIT,
    after: Annotated[
        str | None, typer.Option(metavar="ID", help="Only files created before this one.")
    ] = None,
    base_url: BaseUrl = None,
    api_key: ApiKey = None,
    as_json: AsJson = False,
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
