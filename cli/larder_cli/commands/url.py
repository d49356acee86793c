"""`larder url`: a link to a file for another program."""

from typing import Annotated

import msgspec
import typer

from larder_cli.shared.connection import ApiKey, AsJson, BaseUrl, open_client
from larder_cli.shared.durations import parse_duration
from larder_cli.shared.each import report
from larder_cli.shared.output import moment, note, print_json_line
from larder_cli.shared.paths import find_file_id, path_or_id

DURATION = 300


def url(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The file's path or id.")],
    expires_in: Annotated[
        int | None,
        typer.Option(
            parser=parse_duration,
            metavar="DURATION",
            help="How long it works: 1m to 1h. Default: 5m.",
        ),
    ] = None,
    base_url: BaseUrl = None,
    api_key: ApiKey = None,
    as_json: AsJson = False,
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
            typer.echo(link.url)
            note(f"It works until {moment(link.expires_at)}.")
