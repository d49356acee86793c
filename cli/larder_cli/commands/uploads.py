"""`larder uploads list` and `cancel`: uploads that have not ended."""

from typing import Annotated

import msgspec
import typer

from larder_cli.shared.connection import ApiKey, AsJson, BaseUrl, open_client
from larder_cli.shared.each import report
from larder_cli.shared.output import minute, note, print_json_line, size

LIMIT = 20

app = typer.Typer(
    help="""Show and cancel pending uploads, which reserve quota.

    To resume one, repeat the 'larder put' that began it.
    """,
    no_args_is_help=True,
)


@app.command("list")
def list_uploads(
    limit: Annotated[
        int, typer.Option(min=1, max=100, metavar="N", help="The maximum number of uploads.")
    ] = LIMIT,
    after: Annotated[
        str | None, typer.Option(metavar="ID", help="Only uploads created before this one.")
    ] = None,
    base_url: BaseUrl = None,
    api_key: ApiKey = None,
    as_json: AsJson = False,
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


@app.command()
def cancel(
    uploads: Annotated[list[str], typer.Argument(metavar="UPLOAD…", help="Ids of uploads.")],
    base_url: BaseUrl = None,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Cancel uploads and print their ids. Their quota is free at once."""
    with report(as_json=as_json) as failures, open_client(base_url, api_key) as client:
        for upload_id in uploads:
            with failures.each(id=upload_id):
                cancelled = client.uploads.cancel(upload_id)
                if as_json:
                    print_json_line(msgspec.to_builtins(cancelled))
                else:
                    typer.echo(cancelled.id)
