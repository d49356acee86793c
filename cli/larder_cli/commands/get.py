"""`larder get`: fetch a file."""

import sys
from typing import Annotated

import typer

from larder_cli.shared.connection import ApiKey, AsJson, BaseUrl, Parallel, open_client
from larder_cli.shared.each import report
from larder_cli.shared.output import note, print_json_line
from larder_cli.shared.paths import find_file_id, path_or_id
from larder_cli.shared.progress import open_bar
from larder_client import Received
from larder_client.options import PARALLEL

STDOUT = "-"


def get(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The file's id or path.")],
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            metavar="PATH",
            help="Where to: a file, a folder, or - for the standard output. "
            "Default: this folder, under the file's own name.",
        ),
    ] = ".",
    force: Annotated[bool, typer.Option("--force", help="Replace a file that exists.")] = False,
    parallel: Parallel = PARALLEL,
    base_url: BaseUrl = None,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Fetch a file; a command that was cut short goes on when it is repeated."""
    if output == STDOUT and as_json:
        message = "--json and -o - both want the standard output."
        raise typer.BadParameter(message)
    again = "" if output == STDOUT else "The same command goes on with what is there."
    with (
        report(again, as_json=as_json) as failures,
        open_client(base_url, api_key, parallel) as client,
        failures.each(again, **path_or_id(file)),
    ):
        file_id = find_file_id(client, file)
        with open_bar() as bar:
            if output == STDOUT:
                client.get_to(file_id, sys.stdout.buffer, progress=bar)
                sys.stdout.buffer.flush()
                return
            received = client.get(file_id, output, overwrite=force, progress=bar)
        _print(received, as_json=as_json)


def _print(received: Received, *, as_json: bool) -> None:
    if as_json:
        print_json_line(
            {
                "id": received.file.id,
                "path": str(received.path),
                "bytes": received.file.bytes,
                "sha256": received.file.sha256,
                "verified": received.verified,
                "resumed_bytes": received.resumed,
            }
        )
        return
    typer.echo(str(received.path))
    by = f"{received.verified} compared" if received.verified else "no checksum to compare"
    before = f", {received.resumed:,} of them before" if received.resumed else ""
    note(f"{received.file.bytes:,} bytes fetched{before}, {by}")
