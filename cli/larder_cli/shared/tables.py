"""Tables and trees for people. Only commands that print one import this: Rich takes 0.1 s."""

from __future__ import annotations

from rich import box
from rich.console import Console, RenderableType
from rich.table import Table


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
