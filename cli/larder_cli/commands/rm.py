"""`larder rm`: delete files."""

from typing import Annotated

import typer

from larder_cli.shared.connection import ApiKey, AsJson, BaseUrl, open_client
from larder_cli.shared.each import Outcomes, print_line, told
from larder_cli.shared.paths import find_file_id, named


def rm(
    files: Annotated[list[str], typer.Argument(metavar="FILE…", help="The files' ids or paths.")],
    base_url: BaseUrl = None,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Delete files for good, and print the ids of those that are gone now."""
    outcomes = Outcomes(as_json=as_json)
    with told(), open_client(base_url, api_key) as client:
        for given in files:
            with outcomes.of(**named(given)):
                gone = client.delete(find_file_id(client, given))
                if as_json:
                    print_line({"id": gone.id, "deleted": gone.deleted})
                else:
                    typer.echo(gone.id)
    outcomes.end()
