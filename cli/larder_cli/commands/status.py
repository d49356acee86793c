"""`larder status`: whether Larder answers, and how full the project is."""

from __future__ import annotations

import time

import click
import msgspec

from larder_cli.shared.connection import CURRENT, connection_options, json_option, open_client
from larder_cli.shared.each import report
from larder_cli.shared.key_table import key_rows
from larder_cli.shared.output import print_json_line
from larder_cli.shared.usage_table import usage_rows


@click.command()
@connection_options
@json_option
def status(base_url: str | None, api_key: str | None, as_json: bool) -> None:
    """Show whether Larder answers, with which key, and how full the project is.

    Exits with 1 if the key is refused, and with 3 if there is no answer.
    """
    with report(as_json=as_json), open_client(base_url, api_key) as client:
        started = time.monotonic()
        key = client.key()
        took = round((time.monotonic() - started) * 1000)
        usage = client.usage()
    found = CURRENT.found
    assert found is not None  # noqa: S101 - `open_client` has found it
    if as_json:
        access = {"base_url": found.base_url, "source": found.key_source, "answer_ms": took}
        known = {"key": msgspec.to_builtins(key), "usage": msgspec.to_builtins(usage)}
        print_json_line(access | known)
        return
    # Rich takes 0.1 s, which JSON does not need.
    from larder_cli.shared.tables import print_rows  # noqa: PLC0415

    print_rows(key_rows(key, found) | {"answered in": f"{took} ms"} | usage_rows(usage))
