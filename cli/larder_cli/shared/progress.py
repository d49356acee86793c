"""The progress bar of a transfer."""

from __future__ import annotations

import sys
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from larder_client.transfer.progress import SILENT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from rich import progress

    from larder_client import Progress
    from larder_client.transfer.progress import Phase


def open_bar(name: str = "") -> AbstractContextManager[Progress]:
    """Return a bar on stderr, or one that shows nothing when stderr is not a terminal."""
    return _open_bar(name) if sys.stderr.isatty() else nullcontext(SILENT)


@contextmanager
def open_spinner(text: str) -> Iterator[None]:
    """Show on a terminal that something takes time of which nothing is known."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console  # noqa: PLC0415

    console = Console(stderr=True, markup=False, emoji=False, highlight=False)
    with console.status(text):
        yield


class Bar:
    """One bar for each phase of a transfer, with its rate and the remaining time."""

    def __init__(self, name: str, bar: progress.Progress) -> None:
        self._name = name
        self._bar = bar
        self._task = bar.add_task(name, total=None, visible=False)

    def begin(self, phase: Phase, total: int, done: int = 0) -> None:
        """Show a new phase, of `total` bytes."""
        # The end of the phase before, which may have been faster than the bar.
        self._bar.refresh()
        self._bar.reset(
            self._task,
            total=total or None,
            completed=done,
            visible=True,
            description=f"{phase} {self._name}".rstrip(),
        )

    def advance(self, count: int) -> None:
        """Move the bar by `count` bytes."""
        self._bar.advance(self._task, count)


@contextmanager
def _open_bar(name: str) -> Iterator[Bar]:
    # Importing Rich takes 0.1 s: only a terminal pays for it.
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    from larder_cli.shared.progress_columns import Rate, Sizes  # noqa: PLC0415

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        Sizes(),
        Rate(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield Bar(name, bar)
