"""List a project's tags, with how many files have each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from larder.domain.filenames import folded
from larder.services.space.pages import checked_limit
from larder.services.space.ports import Page, Position

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from larder.services.clock import Clock
    from larder.services.space.ports import FileSearch


@dataclass(frozen=True, slots=True)
class TagCount:
    """A tag, and how many files have it."""

    tag: str
    count: int


def list_tags(
    tenant: TenantId, *, limit: int, after: Position | None, search: FileSearch, clock: Clock
) -> tuple[Page[TagCount], bool]:
    """Return a page of the tags of live files by name, at most `limit` (1..1000).

    The second value tells whether the counts are exact: those of a very large project may be too
    low.

    Raises:
        InvalidParameterError: `limit` is out of range.
    """
    checked_limit(limit)
    found = search.tags(tenant, clock())
    tags = sorted(found.counts, key=_place)
    if after is not None:
        tags = [tag for tag in tags if _place(tag) > (after.key, after.id)]
    some = tuple(TagCount(tag, found.counts[tag]) for tag in tags[:limit])
    more = len(tags) > limit
    return Page(some, Position(some[-1].tag, folded(some[-1].tag)) if more else None), found.exact


def _place(tag: str) -> tuple[str, str]:
    return folded(tag), tag
