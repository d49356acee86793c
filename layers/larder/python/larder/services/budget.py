"""Time budgets: a loop in a request ends in time, whatever is left to do.

API Gateway waits for 29 seconds, most functions run for 15 at most, and a client that got a 502 has
to begin again. What a request leaves is the sweeper's, or a queue's.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

type Stopwatch = Callable[[], float]
"""Seconds since some moment; unlike a clock, never set."""

ATTEMPTS = 20
ATTEMPT_SECONDS = 8
"""One more attempt takes 4 seconds at most, 3 of them to get past others' transactions."""


def time_for(seconds: float, stopwatch: Stopwatch) -> Callable[[], bool]:
    """Return a function that tells whether these seconds are not over yet."""
    ends = stopwatch() + seconds
    return lambda: stopwatch() < ends


def attempts(stopwatch: Stopwatch = time.monotonic) -> Iterator[int]:
    """Yield the numbers of up to `ATTEMPTS` attempts, within `ATTEMPT_SECONDS`.

    For changes that others' changes undo: read, change what was read, and try again.
    """
    keep_going = time_for(ATTEMPT_SECONDS, stopwatch)
    for attempt in range(ATTEMPTS):
        if not keep_going():
            return
        yield attempt
