"""What commands print: JSON for programs, tables for people, both on stdout; remarks on stderr."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer
from rich import box
from rich.console import Console, RenderableType
from rich.table import Table

if TYPE_CHECKING:
    from larder.api.projects.usage import Measure, UsageObject

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


def print_json(value: object) -> None:
    """Print one JSON document."""
    typer.echo(json.dumps(value, indent=2))


def print_table(table: RenderableType) -> None:
    """Print a table or a tree, as wide as it has to be where nobody's terminal limits it."""
    console = Console()
    if not console.is_terminal:
        console.width = 200
    console.print(table)


def remark(text: str) -> None:
    """Tell people something that is no part of the result."""
    typer.echo(text, err=True)


def columns(*names: str) -> Table:
    """Return an empty table with those columns."""
    table = Table(box=box.SIMPLE_HEAD)
    for name in names:
        table.add_column(name, overflow="fold")
    return table


def moment(unix_seconds: int) -> str:
    """Return a time for people to read."""
    return f"{datetime.fromtimestamp(unix_seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"


def size(count: int) -> str:
    """Return a number of bytes for people to read."""
    power = min(max(0, count.bit_length() - 1) // 10, len(_UNITS) - 1)
    return f"{count / 1024**power:.{min(power, 1)}f} {_UNITS[power]}"


def usage_table(usage: UsageObject) -> Table:
    """Return a project's counters, each with how full it is, reservations included."""
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("")
    for name in ("used", "reserved", "limit", "full"):
        table.add_column(name, justify="right")
    for name, measure, shown in (("files", usage.files, str), ("bytes", usage.bytes, size)):
        table.add_row(
            name, shown(measure.used), shown(measure.reserved), shown(measure.limit), _full(measure)
        )
    return table


def _full(measure: Measure) -> str:
    if measure.limit == 0:
        return "-"
    return f"{(measure.used + measure.reserved) / measure.limit:.1%}"
