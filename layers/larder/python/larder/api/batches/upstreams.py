"""JSON of the upstreams that answer batches, without addresses and credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, Field

if TYPE_CHECKING:
    from collections.abc import Iterable

    from larder.domain.upstreams import Upstream


class UpstreamObject(BaseModel):
    """A server of models, as its users see it."""

    object: Literal["upstream"] = "upstream"
    name: str
    models: list[str] = Field(
        description="Patterns of the models that it serves; of all upstreams, the most specific "
        "pattern wins, then the older upstream"
    )
    concurrency: int = Field(description="Requests in flight of one batch worker")
    requests_per_minute: int | None = Field(description="Over all workers; null: no limit")
    tokens_per_minute: int | None = Field(description="Over all workers; null: no limit")
    timeout: int = Field(description="Seconds for one answer")
    created_at: int


class UpstreamList(BaseModel):
    """All upstreams."""

    object: Literal["list"] = "list"
    data: list[UpstreamObject]
    first_id: str = Field(description="The first one's name; empty if there is none")
    last_id: str
    has_more: Literal[False] = False

    @classmethod
    def of(cls, upstreams: Iterable[Upstream]) -> UpstreamList:
        """Return the list, the oldest first."""
        data = [
            UpstreamObject(
                name=upstream.name,
                models=list(upstream.models),
                concurrency=upstream.concurrency,
                requests_per_minute=upstream.requests_per_minute,
                tokens_per_minute=upstream.tokens_per_minute,
                timeout=upstream.timeout,
                created_at=upstream.created_at,
            )
            for upstream in upstreams
        ]
        names = [each.name for each in data] or [""]
        return cls(data=data, first_id=names[0], last_id=names[-1])
