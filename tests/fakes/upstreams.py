"""The operator's upstreams in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from larder.domain.upstreams import Upstream


class InMemoryUpstreams:
    """`UpstreamRecords` in memory."""

    def __init__(self) -> None:
        self.upstreams: dict[str, Upstream] = {}

    def list(self) -> Sequence[Upstream]:
        return sorted(self.upstreams.values(), key=lambda each: (each.created_at, each.name))

    def put(self, upstream: Upstream) -> None:
        self.upstreams[upstream.name] = upstream

    def remove(self, name: str) -> bool:
        return self.upstreams.pop(name, None) is not None
