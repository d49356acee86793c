"""`larder rm`: delete files."""

from typing import Annotated

import typer

from larder_cli.commands.access import ApiKey, AsJson, BaseUrl, open_client
from larder_cli.commands.outcomes import Outcomes, print_line, told


def rm(
    file_ids: Annotated[list[str], typer.Argument(metavar="ID…", help="The files' ids.")],
    base_url: BaseUrl = None,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Delete files for good, and print the ids of those that are gone now."""
    outcomes = Outcomes(as_json=as_json)
    with told(), open_client(base_url, api_key) as client:
        for file_id in file_ids:
            with outcomes.of(id=file_id):
                gone = client.delete(file_id)
                if as_json:
                    print_line({"id": gone.id, "deleted": gone.deleted})
                else:
                    typer.echo(gone.id)
    outcomes.end()
