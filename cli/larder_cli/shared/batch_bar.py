"""The progress bar of a batch: how far it is, how fast, when it ends, and what it has cost."""

from __future__ import annotations

import sys
import time
from collections import deque
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from larder_client import Batch

WINDOW = 120.0
"""Seconds over which the rate is measured: answers come in bursts."""

_THOUSAND = 1_000
_UNITS = ("", "k", "M", "G")


@contextmanager
def open_batch_bar() -> Iterator[Callable[[Batch], None]]:
    """Return what shows a batch as it is now: on a terminal a bar on stderr, otherwise nothing."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    # Importing Rich takes 0.1 s: only a terminal pays for it.
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, Progress, TextColumn  # noqa: PLC0415

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=16),
        TextColumn("{task.fields[text]}", markup=False),
    )
    rate = Rate()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None, text="")

        def show(batch: Batch) -> None:
            counts = batch.request_counts
            rate.add(counts.ended, time.monotonic())
            bar.update(
                task,
                description=batch.status,
                total=counts.total or None,
                completed=counts.ended,
                text=describe(batch, rate.per_second),
            )

        yield show


class Rate:
    """How many requests are answered in a second, over the last two minutes."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int]] = deque()

    def add(self, answered: int, at: float) -> None:
        """Add how many requests had their answer at a time in seconds."""
        # The time before the first answer does not count: a batch may wait for its turn.
        while self._samples and (answered == 0 or self._samples[0][0] < at - WINDOW):
            self._samples.popleft()
        self._samples.append((at, answered))

    @property
    def per_second(self) -> float:
        """The rate, 0 while it is unknown."""
        if len(self._samples) < 2:  # noqa: PLR2004 - a rate needs two
            return 0.0
        (since, before), (until, after) = self._samples[0], self._samples[-1]
        return (after - before) / (until - since) if until > since else 0.0


def describe(batch: Batch, per_second: float) -> str:
    """Return in a few words how far the batch is, at this rate."""
    counts = batch.request_counts
    if not counts.total:
        return ""
    words = [f"{counts.ended:,}/{counts.total:,}"]
    if counts.failed:
        words.append(f"{counts.failed:,} failed")
    if per_second > 0 and counts.ended < counts.total:
        left = round((counts.total - counts.ended) / per_second)
        words += [f"{per_second:.1f}/s", f"{timedelta(seconds=left)} left"]
    if batch.usage.total_tokens:
        words.append(f"{_short(batch.usage.total_tokens)} tokens")
    return ", ".join(words)


def _short(count: float) -> str:
    unit = 0
    while count >= _THOUSAND and unit < len(_UNITS) - 1:
        count, unit = count / _THOUSAND, unit + 1
    return f"{count:.1f}{_UNITS[unit]}" if unit else f"{count:.0f}"
