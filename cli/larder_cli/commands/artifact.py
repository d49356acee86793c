"""`larder artifact create`, `list`, `show`, `get` and `rm`: content that prompts share."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from larder_cli.failures import OperatorError
from larder_cli.shared.arguments import argument
from larder_cli.shared.connection import connection_options, json_option, open_client
from larder_cli.shared.each import report
from larder_cli.shared.groups import Group
from larder_cli.shared.output import minute, note, print_change, print_json_line, size

if TYPE_CHECKING:
    from larder_client import Artifact, Client

LIMIT = 20
INLINE = 2**20
STDIN = Path("-")
BINARY = "binary_attachment"


@click.group(cls=Group)
def artifact() -> None:
    """Content that many requests share, such as a long system prompt.

    A request of a batch names it: {"$artifact": "art_…"} stands where its text belongs.
    """


artifact_id_argument = argument("artifact", metavar="ARTIFACT", help="The id of an artifact.")


@artifact.command()
@argument(
    "file",
    required=False,
    type=click.Path(path_type=Path),
    metavar="[FILE]",
    help="The content; - for standard input.",
)
@click.option("--file-id", metavar="ID", help="Copy this file of the project instead.")
@click.option(
    "--type",
    "kind",
    default="text_context",
    metavar="TYPE",
    help=f"What it is for: policy, document, response_schema …; {BINARY} for bytes.",
)
@click.option("--media-type", metavar="TYPE", help="Default: text/plain, or the file's.")
@click.option(
    "--retention",
    default="standard",
    metavar="CLASS",
    help="ephemeral (a day), standard or extended.",
)
@click.option("--metadata", metavar="JSON", help='Default: {"name": "FILE"}.')
@connection_options
@json_option
def create(
    file: Path | None,
    file_id: str | None,
    kind: str,
    media_type: str | None,
    retention: str,
    metadata: str | None,
    base_url: str | None,
    api_key: str | None,
    as_json: bool,
) -> None:
    """Create an artifact and print its id. A file over 1 MiB is uploaded and copied."""
    if (file is None) == (file_id is None):
        message = "give either FILE or --file-id."
        raise click.UsageError(message)
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


@artifact.command("list")
@click.option("--type", "kind", metavar="TYPE", help="Only artifacts of this type.")
@click.option(
    "--limit",
    default=LIMIT,
    type=click.IntRange(1, 100),
    metavar="N",
    help="The maximum number of artifacts.",
)
@click.option("--after", metavar="ID", help="Only artifacts created before this one.")
@connection_options
@json_option
def list_artifacts(
    kind: str | None,
    limit: int,
    after: str | None,
    base_url: str | None,
    api_key: str | None,
    as_json: bool,
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


@artifact.command()
@artifact_id_argument
@connection_options
def show(artifact: str, base_url: str | None, api_key: str | None) -> None:
    """Print an artifact as JSON, with content of up to 1 MiB."""
    with report(), open_client(base_url, api_key) as client:
        print_json_line(msgspec.to_builtins(client.artifacts.retrieve(artifact)))


@artifact.command()
@artifact_id_argument
@connection_options
def get(artifact: str, base_url: str | None, api_key: str | None) -> None:
    """Write an artifact's bytes to standard output."""
    with report(), open_client(base_url, api_key) as client:
        sys.stdout.buffer.write(client.artifacts.content(artifact))
        sys.stdout.buffer.flush()


@artifact.command()
@argument("artifacts", nargs=-1, required=True, metavar="ARTIFACT…", help="Ids of artifacts.")
@connection_options
@json_option
def rm(
    artifacts: tuple[str, ...], base_url: str | None, api_key: str | None, as_json: bool
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
        raise click.UsageError(message) from error
    if not isinstance(value, dict):
        message = "--metadata is not a JSON object."
        raise click.UsageError(message)
    return value
