"""Hands on what a server sends while it sends it, and gives up in time."""

from __future__ import annotations

import time
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

GATHER_SECONDS = 0.05
"""What comes within this time is handed on together: so few events carry much of a fast answer."""


class _GoneError(Exception):
    """Nobody waits for more."""


def as_it_comes[T](
    produce: Callable[[Callable[[T], None]], None], seconds: float
) -> Iterator[list[T]]:
    """Run `produce` in a thread, and yield what it passes to the function that it is given.

    Once nobody takes what comes, that function raises, and so ends `produce`.

    Raises:
        TimeoutError: it has not ended after these seconds.
        Exception: what `produce` raises.
    """
    found: SimpleQueue[T | _End] = SimpleQueue()
    gone = Event()

    def put(item: T) -> None:
        if gone.is_set():
            raise _GoneError
        found.put(item)

    def run() -> None:
        error = None
        try:
            produce(put)
        except Exception as raised:  # noqa: BLE001 - whoever takes the items gets it
            error = raised
        found.put(_End(error))

    deadline = time.monotonic() + seconds
    Thread(target=run, daemon=True).start()
    try:
        yield from _gathered(found, deadline)
    finally:
        gone.set()


class _End:
    def __init__(self, error: Exception | None) -> None:
        self.error = error


def _gathered[T](found: SimpleQueue[T | _End], deadline: float) -> Iterator[list[T]]:
    next_at = 0.0
    while True:
        try:
            first = found.get(timeout=max(0.0, deadline - time.monotonic()))
        except Empty:
            raise TimeoutError from None
        # What has come meanwhile is one with it.
        time.sleep(max(0.0, next_at - time.monotonic()))
        items, end = _rest(found, first)
        if items:
            yield items
        if end is not None:
            if end.error is not None:
                raise end.error
            return
        next_at = time.monotonic() + GATHER_SECONDS


def _rest[T](found: SimpleQueue[T | _End], item: T | _End) -> tuple[list[T], _End | None]:
    items: list[T] = []
    while not isinstance(item, _End):
        items.append(item)
        try:
            item = found.get_nowait()
        except Empty:
            return items, None
    return items, item
