"""A clock that stands still until a test moves it."""

from __future__ import annotations

START = 1_750_000_000.0


class ManualClock:
    """`Clock`, in unix seconds."""

    def __init__(self, now: float = START) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass."""
        self.now += seconds
