"""`larder uploads list` and `cancel`: uploads that have not ended."""

from __future__ import annotations

import click
import msgspec

from larder_cli.shared.arguments import argument
from larder_cli.shared.connection import connection_options, json_option, open_client
from larder_cli.shared.each import report
from larder_cli.shared.groups import Group
from larder_cli.shared.output import minute, note, print_json_line, size

LIMIT = 20


@click.group(cls=Group)
def uploads() -> None:
    """Show and cancel pending uploads, which reserve quota.

    To resume one, repeat the 'larder put' that began it.
    """


@uploads.command("list")
@click.option(
    "--limit",
    default=LIMIT,
    type=click.IntRange(1, 100),
    metavar="N",
    help="The maximum number of uploads.",
)
@click.option("--after", metavar="ID", help="Only uploads created before this one.")
@connection_options
@json_option
def list_uploads(
    limit: int, after: str | None, base_url: str | None, api_key: str | None, as_json: bool
) -> None:
    """List pending uploads, newest first."""
    with report(), open_client(base_url, api_key) as client:
        page = client.uploads.page(limit=limit, after=after)
    if as_json:
        print_json_line(msgspec.to_builtins(page))
        return
    # Rich takes 0.1 s, which JSON does not need.
    from larder_cli.shared.tables import columns, print_table  # noqa: PLC0415

    table = columns(
        "id",
        "size",
        "purpose",
        "filename",
        "created UTC",
        "takes bytes until",
        drop=("purpose", "created UTC", "takes bytes until", "size"),
    )
    for upload in page.data:
        table.add_row(
            upload.id,
            size(upload.bytes),
            upload.purpose,
            upload.filename,
            minute(upload.created_at),
            minute(upload.expires_at),
        )
    print_table(table)
    if page.has_more and page.data:
        note(f"There are more uploads: larder uploads list --after {page.data[-1].id}")


@uploads.command()
@argument("uploads", nargs=-1, required=True, metavar="UPLOAD…", help="Ids of uploads.")
@connection_options
@json_option
def cancel(
    uploads: tuple[str, ...], base_url: str | None, api_key: str | None, as_json: bool
) -> None:
    """Cancel uploads and print their ids. Their quota is free at once."""
    with report(as_json=as_json) as failures, open_client(base_url, api_key) as client:
        for upload_id in uploads:
            with failures.each(id=upload_id):
                cancelled = client.uploads.cancel(upload_id)
                if as_json:
                    print_json_line(msgspec.to_builtins(cancelled))
                else:
                    click.echo(cancelled.id)
