# Generated from _async/pages.py: edit that one and run 'make sync-client'.
"""Lists that come in pages, each of which begins after the last item of the one before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator


class Item(Protocol):
    """What is on a page."""

    @property
    def id(self) -> str:
        """Where the next page begins, if it is the last one."""


ItemT = TypeVar("ItemT", bound=Item)
ItemT_co = TypeVar("ItemT_co", bound=Item, covariant=True)


class Page(Protocol[ItemT_co]):
    """A page, newest item first."""

    @property
    def data(self) -> tuple[ItemT_co, ...]:
        """The items."""

    @property
    def has_more(self) -> bool:
        """Whether another page follows."""


class Pages(Protocol[ItemT_co]):
    """Returns up to `limit` items, older than `after`."""

    def __call__(self, *, limit: int, after: str | None) -> Page[ItemT_co]:
        """Return the page."""


def every_item(pages: Pages[ItemT], page_size: int) -> Iterator[ItemT]:
    """Yield the items of all pages, newest first."""
    after = None
    while True:
        page = pages(limit=page_size, after=after)
        yield from page.data
        if not page.has_more or not page.data:
            return
        after = page.data[-1].id
