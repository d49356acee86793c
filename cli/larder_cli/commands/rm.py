"""`larder rm`: delete files."""

from typing import Annotated

import typer

from larder_cli.shared.connection import ApiKey, AsJson, BaseUrl, open_client
from larder_cli.shared.each import report
from larder_cli.shared.output import print_json_line
from larder_cli.shared.paths import find_file_id, path_or_id


def rm(
    files: Annotated[list[str], typer.Argument(metavar="FILE…", help="Paths or ids of files.")],
    base_url: BaseUrl = None,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Delete files for good and print their ids.

    To be able to restore them for 30 days, use 'larder space trash' instead.
    """
    with report(as_json=as_json) as failures, open_client(base_url, api_key) as client:
        for file in files:
            with failures.each(**path_or_id(file)):
                deleted = client.files.delete(find_file_id(client, file))
                if as_json:
                    print_json_line({"id": deleted.id, "deleted": deleted.deleted})
                else:
                    typer.echo(deleted.id)
