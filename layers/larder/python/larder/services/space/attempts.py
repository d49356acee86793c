"""Trying again when a change met another one."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ATTEMPTS = 8
"""With the pauses between them about two seconds. Each reads up to 10,000 folders."""

_FIRST_PAUSE = 0.02
_LONGEST_PAUSE = 0.5


def attempts(pause: Callable[[float], None]) -> Iterator[None]:
    """Yield `ATTEMPTS` times, with pauses that grow and that no two requests share."""
    for attempt in range(ATTEMPTS):
        if attempt > 0:
            longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**attempt)
            pause(random.uniform(longest / 4, longest))  # noqa: S311 - jitter
        yield
