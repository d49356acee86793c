"""How long the state machine may leave a batch alone."""

LONGEST_PAUSE = 45
"""Seconds: a batch that is cancelled or expires meanwhile ends within a minute."""


def pause(seconds: float) -> int:
    """Return how long nobody looks at a batch that has nothing to do for that long."""
    return round(min(seconds, LONGEST_PAUSE))
