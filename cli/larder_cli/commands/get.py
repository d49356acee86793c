"""`larder get`: download a file."""

import sys
from typing import Annotated

import typer

from larder_cli.shared.connection import ApiKey, AsJson, BaseUrl, Parallel, open_client
from larder_cli.shared.each import report
from larder_cli.shared.output import counted, note, print_json_line
from larder_cli.shared.paths import find_file_id, path_or_id
from larder_cli.shared.progress import open_bar
from larder_client import DownloadResult
from larder_client.options import PARALLEL

STDOUT = "-"


def get(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The file's path or id.")],
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            metavar="PATH",
            help="Where to write it: a file, an existing folder, or - for standard output.",
            show_default="this folder, under the file's own name",
        ),
    ] = ".",
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite the file if it exists.")
    ] = False,
    parallel: Parallel = PARALLEL,
    base_url: BaseUrl = None,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Download a file.

    To resume an interrupted download, run the same command again.
    """
    if output == STDOUT and as_json:
        message = "--json and -o - both write to standard output: leave one of them out."
        raise typer.BadParameter(message)
    hint = "" if output == STDOUT else "Run the same command again to resume the download."
    with (
        report(hint, as_json=as_json) as failures,
        open_client(base_url, api_key, parallel) as client,
        failures.each(hint, **path_or_id(file)),
    ):
        file_id = find_file_id(client, file)
        with open_bar() as bar:
            if output == STDOUT:
                client.files.download_to(file_id, sys.stdout.buffer, progress=bar)
                sys.stdout.buffer.flush()
                return
            downloaded = client.files.download(file_id, output, overwrite=force, progress=bar)
        _print(downloaded, as_json=as_json)


def _print(downloaded: DownloadResult, *, as_json: bool) -> None:
    if as_json:
        print_json_line(
            {
                "id": downloaded.file.id,
                "path": str(downloaded.path),
                "bytes": downloaded.file.bytes,
                "sha256": downloaded.file.sha256,
                "verified": downloaded.verified,
                "resumed_bytes": downloaded.resumed,
            }
        )
        return
    typer.echo(str(downloaded.path))
    earlier = f" ({downloaded.resumed:,} of them earlier)" if downloaded.resumed else ""
    checked = f"{downloaded.verified} verified" if downloaded.verified else "no checksum to verify"
    note(f"{counted(downloaded.file.bytes, 'byte')} downloaded{earlier}, {checked}")
