"""What a worker needs to ask models: upstreams, calls in flight, and rates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from larder.domain.batch_answers import Answer, NoAnswer
    from larder.domain.upstreams import Upstream


class UpstreamRecords(Protocol):
    """The operator's upstreams."""

    def list(self) -> Sequence[Upstream]:
        """Return every upstream, the oldest first."""

    def put(self, upstream: Upstream) -> None:
        """Record an upstream, in place of one of that name."""

    def remove(self, name: str) -> bool:
        """Remove the upstream; False if no upstream has that name."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request on its way to an upstream: `line` is its index in the shard."""

    line: int
    upstream: Upstream
    endpoint: str
    body: bytes


class ModelCalls(Protocol):
    """Calls in flight."""

    def abandon(self) -> None:
        """Forget the calls in flight: their answers never come by `wait`."""

    def begin(self, call: Call) -> None:
        """Send the request; its answer comes by `wait`."""

    def wait(self, seconds: float) -> Sequence[tuple[Call, Answer | NoAnswer]]:
        """Return answers that have come, waiting up to `seconds` for the first one."""

    @property
    def in_flight(self) -> int:
        """The calls that have no answer yet."""


@dataclass(frozen=True, slots=True)
class Grant:
    """Requests that may be sent before `until` (unix seconds), and not after."""

    requests: int
    until: float


class RateLimits(Protocol):
    """What upstreams may be asked for, over all workers together."""

    def take(self, upstream: Upstream, now: float, *, requests: int, tokens: int) -> Grant:
        """Take up to that many requests of `tokens` each from what the window at `now` has left.

        A grant of no request says when to ask again.
        """
