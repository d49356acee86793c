"""Tables and trees for people. Only commands that print one import this: Rich takes 0.1 s."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.console import Console, RenderableType
from rich.table import Table

from larder_cli.shared.output import size

if TYPE_CHECKING:
    from larder.api.projects.usage import Measure, UsageObject


def columns(*names: str) -> Table:
    """Return an empty table with those columns."""
    table = Table(box=box.SIMPLE_HEAD)
    for name in names:
        table.add_column(name, overflow="fold")
    return table


def print_table(table: RenderableType, *, on_stderr: bool = False) -> None:
    """Print a table or tree. When the stream is not a terminal, it may be 200 columns wide."""
    # A name such as "[bold].txt" or ":smile:.txt" is no markup.
    console = Console(stderr=on_stderr, markup=False, emoji=False, highlight=False)
    if not console.is_terminal:
        console.width = 200
    console.print(table)


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
    running = (("batches", usage.batches), ("batch requests", usage.batch_requests))
    for name, count in running:
        full = _share(count.running, count.limit)
        table.add_row(name, str(count.running), "", str(count.limit), full)
    return table


def _full(measure: Measure) -> str:
    return _share(measure.used + measure.reserved, measure.limit)


def _share(part: int, whole: int) -> str:
    return "-" if whole == 0 else f"{part / whole:.1%}"
