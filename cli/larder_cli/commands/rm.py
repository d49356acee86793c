"""`larder rm`: delete files."""

import typer

from larder_cli.shared.confirm import Yes, confirm_for_good
from larder_cli.shared.connection import ApiKey, AsJson, BaseUrl, open_client
from larder_cli.shared.each import report
from larder_cli.shared.output import print_json_line
from larder_cli.shared.paths import Files, find_files, path_or_id


def rm(
    files: Files,
    yes: Yes = False,
    base_url: BaseUrl = None,
    api_key: ApiKey = None,
    as_json: AsJson = False,
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
                    typer.echo(deleted.id)
