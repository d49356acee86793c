"""What a transfer's bar says in the units of all other messages; Rich's own columns mix two."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.progress import ProgressColumn
from rich.text import Text

from larder_cli.shared.output import size

if TYPE_CHECKING:
    from rich.progress import Task


class Sizes(ProgressColumn):
    """How much of the bytes is done; nothing while that is not known."""

    def render(self, task: Task) -> Text:
        """Return `1.5 MiB of 5.0 MiB`."""
        if task.total is None:
            return Text()
        return Text(f"{size(int(task.completed))} of {size(int(task.total))}")


class Rate(ProgressColumn):
    """How fast it is; nothing while that is not known."""

    def render(self, task: Task) -> Text:
        """Return `2.4 MiB/s`."""
        speed = task.finished_speed or task.speed
        return Text(f"{size(int(speed))}/s" if speed and task.total is not None else "")
