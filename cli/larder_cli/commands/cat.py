"""`larder cat`: print what files contain."""

from __future__ import annotations

import sys

import click

from larder_cli.shared.connection import connection_options, open_client, parallel_option
from larder_cli.shared.each import report
from larder_cli.shared.paths import files_argument, find_files, path_or_id


@click.command()
@files_argument
@parallel_option
@connection_options
def cat(files: tuple[str, ...], parallel: int, base_url: str | None, api_key: str | None) -> None:
    """Write the bytes of files to standard output, one after the other."""
    with report() as failures, open_client(base_url, api_key, parallel) as client:
        for file in files:
            with failures.each(**path_or_id(file)):
                for _, file_id in find_files(client, file):
                    client.files.download_to(file_id, sys.stdout.buffer)
                    sys.stdout.buffer.flush()
