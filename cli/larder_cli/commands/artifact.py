"""`larder artifact create`, `list`, `show`, `get` and `rm`: content that prompts share."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from larder_cli.failures import OperatorError
from larder_cli.shared.connection import ApiKey, AsJson, BaseUrl, open_client
from larder_cli.shared.each import report
from larder_cli.shared.output import minute, note, print_change, print_json_line, size
from larder_client import Artifact, Client

LIMIT = 20
INLINE = 2**20
STDIN = Path("-")
BINARY = "binary_attachment"

app = typer.Typer(
    help="""Content that many requests share, such as a long system prompt.

    A request of a batch names it: {"$artifact": "art_…"} stands where its text belongs.
    """,
    no_args_is_help=True,
)

ArtifactId = Annotated[str, typer.Argument(metavar="ARTIFACT", help="The id of an artifact.")]


@app.command()
def create(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="The content; - for standard input.")
    ] = None,
    file_id: Annotated[
        str | None, typer.Option(metavar="ID", help="Copy this file of the project instead.")
    ] = None,
    kind: Annotated[
        str,
        typer.Option(
            "--type",
            metavar="TYPE",
            help=f"What it is for: policy, document, response_schema …; {BINARY} for bytes.",
        ),
    ] = "text_context",
    media_type: Annotated[
        str | None, typer.Option(metavar="TYPE", help="Default: text/plain, or the file's.")
    ] = None,
    retention: Annotated[
        str, typer.Option(metavar="CLASS", help="ephemeral (a day), standard or extended.")
    ] = "standard",
    metadata: Annotated[
        str | None, typer.Option(metavar="JSON", help='Default: {"name": "FILE"}.')
    ] = None,
    base_url: BaseUrl = None,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Create an artifact and print its id. A file over 1 MiB is uploaded and copied."""
    if (file is None) == (file_id is None):
        message = "give either FILE or --file-id."
        raise typer.BadParameter(message)
    fields: dict[str, Any] = {
        "artifact_type": kind,
        "content_media_type": media_type,
        "retention_class": retention,
        "metadata": _named(file) if metadata is None else _object(metadata),
    }
    with (
        report(as_json=as_json) as failures,
        open_client(base_url, api_key) as client,
        failures.each(path=str(file or file_id)),
    ):
        if file is None:
            made = client.artifacts.create(file_id=file_id, **fields)
        elif file != STDIN and file.stat().st_size > INLINE:
            made = _create_of_large_file(client, file, fields)
        else:
            data = sys.stdin.buffer.read() if file == STDIN else file.read_bytes()
            content = data if kind == BINARY else _text_of(data)
            made = client.artifacts.create(content, **fields)
        print_change(made, as_json=as_json)


@app.command("list")
def list_artifacts(
    kind: Annotated[
        str | None, typer.Option("--type", metavar="TYPE", help="Only artifacts of this type.")
    ] = None,
    limit: Annotated[
        int, typer.Option(min=1, max=100, metavar="N", help="The maximum number of artifacts.")
    ] = LIMIT,
    after: Annotated[
        str | None, typer.Option(metavar="ID", help="Only artifacts created before this one.")
    ] = None,
    base_url: BaseUrl = None,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """List artifacts, newest first."""
    with report(), open_client(base_url, api_key) as client:
        page = client.artifacts.page(artifact_type=kind, limit=limit, after=after)
    if as_json:
        print_json_line(msgspec.to_builtins(page))
        return
    # Rich takes 0.1 s, which JSON does not need.
    from larder_cli.shared.tables import columns, print_table  # noqa: PLC0415

    table = columns(
        "id",
        "size",
        "type",
        "media type",
        "created UTC",
        "expires UTC",
        drop=("media type", "created UTC", "size", "expires UTC"),
    )
    for each in page.data:
        table.add_row(
            each.id,
            size(each.bytes),
            each.artifact_type,
            each.content_media_type,
            minute(each.created_at),
            "" if each.expires_at is None else minute(each.expires_at),
        )
    print_table(table)
    if page.has_more and page.data:
        note(f"There are more artifacts: larder artifact list --after {page.data[-1].id}")


@app.command()
def show(artifact: ArtifactId, base_url: BaseUrl = None, api_key: ApiKey = None) -> None:
    """Print an artifact as JSON, with content of up to 1 MiB."""
    with report(), open_client(base_url, api_key) as client:
        print_json_line(msgspec.to_builtins(client.artifacts.retrieve(artifact)))


@app.command()
def get(artifact: ArtifactId, base_url: BaseUrl = None, api_key: ApiKey = None) -> None:
    """Write an artifact's bytes to standard output."""
    with report(), open_client(base_url, api_key) as client:
        sys.stdout.buffer.write(client.artifacts.content(artifact))
        sys.stdout.buffer.flush()


@app.command()
def rm(
    artifacts: Annotated[list[str], typer.Argument(metavar="ARTIFACT…", help="Ids of artifacts.")],
    base_url: BaseUrl = None,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Delete artifacts permanently and print their ids. Batches that use them go on."""
    with report(as_json=as_json) as failures, open_client(base_url, api_key) as client:
        for artifact_id in artifacts:
            with failures.each(id=artifact_id):
                print_change(client.artifacts.delete(artifact_id), as_json=as_json)


def _create_of_large_file(client: Client, file: Path, fields: dict[str, Any]) -> Artifact:
    uploaded = client.files.upload(file, purpose="user_data", expires_after=3_600).file
    try:
        return client.artifacts.create(file_id=uploaded.id, **fields)
    finally:
        client.files.delete(uploaded.id)


def _text_of(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        message = f"not text in UTF-8: give --type {BINARY}."
        raise OperatorError(message) from error


def _named(file: Path | None) -> dict[str, Any] | None:
    """Return the metadata by which the console's list says what an artifact was made of."""
    return None if file is None or file == STDIN else {"name": file.name}


def _object(given: str) -> dict[str, Any]:
    try:
        value = json.loads(given)
    except ValueError as error:
        message = f"--metadata is not JSON: {error}."
        raise typer.BadParameter(message) from error
    if not isinstance(value, dict):
        message = "--metadata is not a JSON object."
        raise typer.BadParameter(message)
    return value
