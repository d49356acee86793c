"""A clock that stands still until a test moves it."""

from __future__ import annotations

START = 1_750_000_000.0


class ManualClock:
    """`Clock`, in unix seconds."""

    def __init__(self, now: float = START) -> None:
        self.now = now
        self._wrong = 0.0
        self._most_ahead = 0.0

    def __call__(self) -> float:
        return self.now + self._wrong

    def go_wrong_by(self, seconds: float) -> None:
        """Be so far ahead of the time, or behind it, from now on."""
        self._wrong = seconds
        self._most_ahead = max(self._most_ahead, seconds)

    def at_most(self) -> float:
        """Return the time by the clock that was ever furthest ahead."""
        return self.now + self._most_ahead

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass."""
        self.now += seconds
