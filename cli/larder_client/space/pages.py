"""Whole lists of the Space, read page by page, as flows."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from larder_client.space.api import PAGE
from larder_client.space.models import Tags

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder_client.flow.steps import Flow
    from larder_client.space.api import SpaceApi
    from larder_client.space.models import (
        FileFilters,
        Folder,
        Page,
        SpaceFile,
        TrashedFile,
        TrashedFolder,
    )

P = TypeVar("P", bound="Page")


def all_files(
    api: SpaceApi, filters: FileFilters, *, at_most: int | None = None
) -> Flow[list[SpaceFile]]:
    """Return the files that match the filters, the first `at_most` of them or all."""
    found: list[SpaceFile] = []
    cursor = None
    while at_most is None or len(found) < at_most:
        limit = PAGE if at_most is None else min(PAGE, at_most - len(found))
        page = yield from api.files(filters, limit=limit, cursor=cursor)
        found += page.files
        cursor = page.pagination.cursor
        if not page.pagination.has_more:
            break
    return found


def all_folders(api: SpaceApi, parent_id: str) -> Flow[list[Folder]]:
    """Return the folders in a folder, by name."""
    pages = yield from _all_pages(lambda at: api.folders(parent_id, limit=PAGE, cursor=at))
    return [folder for page in pages for folder in page.folders]


def all_trash(api: SpaceApi) -> Flow[tuple[list[TrashedFile], list[TrashedFolder]]]:
    """Return the files and the folders in the trash, the last deleted first."""
    pages = yield from _all_pages(lambda at: api.trash(limit=PAGE, cursor=at))
    files = [file for page in pages for file in page.files]
    return files, [folder for page in pages for folder in page.folders]


def all_tags(api: SpaceApi) -> Flow[Tags]:
    """Return the tags by name, exact if all pages are."""
    pages = yield from _all_pages(lambda at: api.tags(limit=PAGE, cursor=at))
    return Tags(
        tags=tuple(tag for page in pages for tag in page.tags),
        is_exact=all(page.is_exact for page in pages),
    )


def _all_pages(load: Callable[[str | None], Flow[P]]) -> Flow[list[P]]:
    pages = [(yield from load(None))]
    while (last := pages[-1].pagination).has_more:
        pages.append((yield from load(last.cursor)))
    return pages
