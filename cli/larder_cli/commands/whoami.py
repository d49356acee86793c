"""`larder whoami`: which API key the commands use, and what it may do."""

from __future__ import annotations

import click
import msgspec

from larder_cli.shared.connection import CURRENT, connection_options, json_option, open_client
from larder_cli.shared.each import report
from larder_cli.shared.key_table import key_rows
from larder_cli.shared.output import print_json_line


@click.command()
@connection_options
@json_option
def whoami(base_url: str | None, api_key: str | None, as_json: bool) -> None:
    """Show the API key that the commands use here: its project, what it may do, and its source."""
    with report(as_json=as_json), open_client(base_url, api_key) as client:
        key = client.key()
    found = CURRENT.found
    assert found is not None  # noqa: S101 - `open_client` has found it
    if as_json:
        source = {"base_url": found.base_url, "source": found.key_source}
        print_json_line(msgspec.to_builtins(key) | source)
        return
    # Rich takes 0.1 s, which JSON does not need.
    from larder_cli.shared.tables import print_rows  # noqa: PLC0415

    print_rows(key_rows(key, found))
