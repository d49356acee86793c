"""`larder rm`: delete files."""

from __future__ import annotations

import click

from larder_cli.shared.confirm import confirm_for_good, yes_option
from larder_cli.shared.connection import connection_options, json_option, open_client
from larder_cli.shared.each import report
from larder_cli.shared.output import print_json_line
from larder_cli.shared.paths import files_argument, find_files, path_or_id


@click.command()
@files_argument
@yes_option
@connection_options
@json_option
def rm(
    files: tuple[str, ...], yes: bool, base_url: str | None, api_key: str | None, as_json: bool
) -> None:
    """Delete files for good and print their ids. On a terminal, ask first.

    To be able to restore them for 30 days, use 'larder space trash' instead.
    """
    with report(as_json=as_json) as failures, open_client(base_url, api_key) as client:
        found: list[tuple[str, str]] = []
        for file in files:
            with failures.each(**path_or_id(file)):
                found += find_files(client, file)
        confirm_for_good([name for name, _ in found], yes=yes)
        for name, file_id in found:
            with failures.each(**path_or_id(name)):
                deleted = client.files.delete(file_id)
                if as_json:
                    print_json_line({"id": deleted.id, "deleted": deleted.deleted})
                else:
                    click.echo(deleted.id)
