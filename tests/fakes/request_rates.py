"""What API keys ask for, in memory."""

from __future__ import annotations

from collections import Counter


class InMemoryRequestRates:
    """`RequestRates` in memory."""

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, int]] = Counter()

    def add(self, key_id: str, second: int, requests: int) -> int:
        self.requests[key_id, second] += requests
        return self.requests[key_id, second]
