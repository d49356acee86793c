"""What upstreams are asked for, in memory."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from larder.domain.rate_windows import window_at
from larder.services.batches.model_ports import Grant

if TYPE_CHECKING:
    from larder.domain.upstreams import Upstream


class InMemoryRateLimits:
    """`RateLimits` in memory."""

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, int]] = Counter()
        self.tokens: Counter[tuple[str, int]] = Counter()

    def take(self, upstream: Upstream, now: float, *, requests: int, tokens: int) -> Grant:
        window = window_at(upstream, now)
        key = (upstream.name, window.start)
        granted = window.fitting(requests, tokens, self.requests[key], self.tokens[key])
        self.requests[key] += granted
        for start, charged in window.charges(granted * tokens).items():
            self.tokens[upstream.name, start] += charged
        return Grant(granted, float(window.end))
