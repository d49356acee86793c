"""The progress bar of a transfer, on stderr, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

if TYPE_CHECKING:
    from types import TracebackType

    from larder_client.transfer.progress import Phase


class Bar:
    """One bar for each phase of a file, with rate and remaining time.

    Use it in a `with` statement.
    """

    def __init__(self, name: str = "") -> None:
        self._name = name
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            DownloadColumn(binary_units=True),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._progress.add_task(name, total=None, visible=False)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def begin(self, phase: Phase, total: int, done: int = 0) -> None:
        """Show a phase from its beginning."""
        self._progress.reset(
            self._task,
            total=total,
            completed=done,
            visible=True,
            description=f"{phase} {self._name}".rstrip(),
        )

    def advance(self, count: int) -> None:
        """Show further bytes."""
        self._progress.advance(self._task, count)
