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


class Bar:
    """One bar for each phase of a transfer, with its rate and the remaining time."""

    def __init__(self, name: str, bar: progress.Progress) -> None:
        self._name = name
        self._bar = bar
        self._task = bar.add_task(name, total=None, visible=False)

    def begin(self, phase: Phase, total: int, done: int = 0) -> None:
        """Show a new phase, of `total` bytes."""
        self._bar.reset(
            self._task,
            total=total,
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
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        DownloadColumn(binary_units=True),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield Bar(name, bar)
