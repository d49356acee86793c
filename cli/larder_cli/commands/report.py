"""`larder report`: what Larder found in a batch file."""

from typing import Annotated

import msgspec
import typer

from larder_cli.shared import each
from larder_cli.shared.connection import ApiKey, AsJson, BaseUrl, open_client
from larder_cli.shared.output import print_json_line
from larder_cli.shared.paths import find_file_id, path_or_id
from larder_cli.shared.validation_report import Strict, fails, print_problems, summary


def report(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The path or id of a batch file.")],
    strict: Strict = False,
    base_url: BaseUrl = None,
    api_key: ApiKey = None,
    as_json: AsJson = False,
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
        typer.echo(f"{file}: {summary(found)}")
        print_problems(found)
