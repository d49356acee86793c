"""What commands print: results on stdout, as JSON for programs; notes for people on stderr."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Protocol

import click
import msgspec

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


def print_json(value: object) -> None:
    """Print one JSON document, indented."""
    click.echo(json.dumps(value, indent=2))


def print_json_line(value: object) -> None:
    """Print one JSON document on one line, so that several make JSON Lines."""
    click.echo(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode())


class _WithId(Protocol):
    @property
    def id(self) -> str: ...


def print_change(changed: _WithId, *, as_json: bool) -> None:
    """Print the id of what a command changed, or all that the API answered, as one line of JSON."""
    if as_json:
        print_json_line(msgspec.to_builtins(changed))
    else:
        click.echo(changed.id)


def note(text: str) -> None:
    """Print something for people that is not part of the result."""
    click.echo(text, err=True)


def printable(text: str) -> str:
    """Return the text with a replacement character for each byte that is not UTF-8.

    Python keeps such bytes of a file's name as lone surrogates, which a terminal cannot show.
    """
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def counted(count: int, noun: str) -> str:
    """Return `1 file` or `2 files`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def moment(unix_seconds: int) -> str:
    """Return a time for people to read."""
    return f"{datetime.fromtimestamp(unix_seconds, timezone.utc):%Y-%m-%d %H:%M:%S} UTC"


def minute(at: int | datetime) -> str:
    """Return a time, in unix seconds or not, for a table whose header says that it is in UTC."""
    seconds = at if isinstance(at, int) else at.timestamp()
    return f"{datetime.fromtimestamp(seconds, timezone.utc):%Y-%m-%d %H:%M}"


def size(count: int) -> str:
    """Return a number of bytes for people to read."""
    power = min(max(0, count.bit_length() - 1) // 10, len(_UNITS) - 1)
    return f"{count / 1024**power:.{min(power, 1)}f} {_UNITS[power]}"
