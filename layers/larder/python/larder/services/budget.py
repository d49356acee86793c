"""Time budgets: a loop in a request ends in time, whatever is left to do.

API Gateway waits for 29 seconds, most functions run for 15 at most, and a client that got a 502 has
to begin again. What a request leaves is the sweeper's, or a queue's.
"""

from __future__ import annotations

import random
import time
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

type Stopwatch = Callable[[], float]
"""Seconds since some moment; unlike a clock, never set."""

ATTEMPTS = 20
ATTEMPT_SECONDS = 8
"""One more attempt takes 4 seconds at most, 3 of them to get past others' transactions."""

SPACED_ATTEMPTS = 8
"""With the pauses between them about two seconds. Those at a folder read up to 10,000 each."""

_FIRST_PAUSE = 0.02
_LONGEST_PAUSE = 0.5


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


def spaced_attempts(
    pause: Callable[[float], None], stopwatch: Stopwatch = time.monotonic
) -> Iterator[int]:
    """Yield the first `SPACED_ATTEMPTS` of `attempts`, with pauses that grow.

    No two requests pause for the same time.
    """
    for attempt in islice(attempts(stopwatch), SPACED_ATTEMPTS):
        if attempt > 0:
            longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**attempt)
            pause(random.uniform(longest / 4, longest))  # noqa: S311 - jitter
        yield attempt
