"""Tables and trees for people. Only commands that print one import this: Rich takes 0.1 s."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

_NARROWEST = {"message": 40, "lines": 8}
_FLEXIBLE = 20
"""How narrow other columns become whose cells may go on in the next line, if they are that long."""

# A wrapped id cannot be copied, and half a time is none.
_FLEXIBLE_NAMES = {
    "", "filename", "message", "models", "name", "path", "tags", "type", "URL", "base URL", "what",
    "events", "scopes", "last answer", "by", "how", "lines", "state",
}  # fmt: skip


class Columns:
    """A table whose columns disappear, where the terminal is too narrow, in the order of `drop`."""

    def __init__(self, *names: str, drop: Sequence[str] = ()) -> None:
        self.show_header = True
        self._names = names
        self._drop = drop
        self._rows: list[tuple[str, ...]] = []

    def add_row(self, *cells: str) -> None:
        """Add a row, a cell for each column."""
        self._rows.append(cells)

    def fitting(self, console: Console) -> Table:
        """Return the table with as many columns as the console has room for."""
        dropped: set[str] = set()
        table = self._without(dropped)
        for name in self._drop:
            if _width(table, console) <= console.width:
                break
            dropped.add(name)
            table = self._without(dropped)
        return table

    def _without(self, dropped: set[str]) -> Table:
        table = Table(box=box.SIMPLE_HEAD, show_header=self.show_header)
        shown = [number for number, name in enumerate(self._names) if name not in dropped]
        for number in shown:
            name = self._names[number]
            longest = max(cell_len(text) for text in (name, *(row[number] for row in self._rows)))
            if name in _FLEXIBLE_NAMES:
                narrowest = min(longest, _NARROWEST.get(name, _FLEXIBLE))
                table.add_column(name, overflow="fold", min_width=narrowest)
            else:
                # Rich takes the longest word for the least, as if the others could go on below.
                table.add_column(name, no_wrap=True, min_width=longest)
        for row in self._rows:
            table.add_row(*(row[number] for number in shown))
        return table


def columns(*names: str, drop: Sequence[str] = ()) -> Columns:
    """Return an empty table; `drop` names the columns that it can do without, the first one first.

    Ids, sizes and times never wrap.
    """
    return Columns(*names, drop=drop)


def print_table(table: RenderableType | Columns, *, on_stderr: bool = False) -> None:
    """Print a table or tree. When the stream is not a terminal, it may be 200 columns wide."""
    # A name such as "[bold].txt" or ":smile:.txt" is no markup.
    console = Console(stderr=on_stderr, markup=False, emoji=False, highlight=False)
    if not console.is_terminal:
        console.width = 200
    if isinstance(table, Columns):
        table = table.fitting(console)
        # Rather a line that the terminal wraps than an id without its end.
        console.width = max(console.width, _width(table, console))
    console.print(table)


def print_rows(rows: dict[str, str]) -> None:
    """Print what one thing is: a name and a value on each line."""
    table = columns("what", "")
    table.show_header = False
    for name, value in rows.items():
        table.add_row(name, value)
    print_table(table)


def _width(table: Table, console: Console) -> int:
    """Return how narrow the table can be."""
    # Measured without the console's own limit.
    return Measurement.get(console, console.options.update(width=10_000), table).minimum
