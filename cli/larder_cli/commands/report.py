"""`larder report`: what Larder found in a batch file."""

from __future__ import annotations

import click
import msgspec

from larder_cli.shared import each
from larder_cli.shared.arguments import argument
from larder_cli.shared.connection import connection_options, json_option, open_client
from larder_cli.shared.output import print_json_line
from larder_cli.shared.paths import find_file_id, path_or_id
from larder_cli.shared.validation_report import fails, print_problems, strict_option, summary


@click.command()
@argument("file", metavar="FILE", help="The path or id of a batch file.")
@strict_option
@connection_options
@json_option
def report(
    file: str, strict: bool, base_url: str | None, api_key: str | None, as_json: bool
) -> None:
    """Show the validation report of a stored batch file. Exit with 1 if the file is invalid."""
    with (
        each.report(as_json=as_json) as failures,
        open_client(base_url, api_key) as client,
        failures.each(**path_or_id(file)),
    ):
        found = client.files.validation(find_file_id(client, file))
        if fails(found, strict=strict):
            failures.fail()
        if as_json:
            print_json_line(msgspec.to_builtins(found))
            return
        click.echo(f"{file}: {summary(found)}")
        print_problems(found)
