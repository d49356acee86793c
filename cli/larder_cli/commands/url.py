"""`larder url`: a link to a file for another program."""

from __future__ import annotations

import click
import msgspec

from larder_cli.shared.arguments import argument
from larder_cli.shared.connection import connection_options, json_option, open_client
from larder_cli.shared.durations import parse_duration
from larder_cli.shared.each import report
from larder_cli.shared.output import moment, note, print_json_line
from larder_cli.shared.paths import find_file_id, path_or_id

DURATION = 300


@click.command()
@argument("file", metavar="FILE", help="The file's path or id.")
@click.option(
    "--expires-in",
    type=parse_duration,
    metavar="DURATION",
    help="How long it works: 1m to 1h. Default: 5m.",
)
@connection_options
@json_option
def url(
    file: str, expires_in: int | None, base_url: str | None, api_key: str | None, as_json: bool
) -> None:
    """Print a link to a file that works without a key, for five minutes or as long as you say.

    Anyone who has the link can read the file.
    """
    with (
        report(as_json=as_json) as failures,
        open_client(base_url, api_key) as client,
        failures.each(**path_or_id(file)),
    ):
        link = client.files.url(find_file_id(client, file), expires_in=expires_in or DURATION)
        if as_json:
            print_json_line(msgspec.to_builtins(link))
        else:
            click.echo(link.url)
            note(f"It works until {moment(link.expires_at)}.")
