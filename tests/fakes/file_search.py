"""Finding files in memory, and what pages of any list have in common."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from larder.domain.filenames import folded
from larder.services.space.ports import FileQuery, FolderCounts, Page, Position, Sort, TagCounts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from larder.domain.files import File
    from larder.domain.ids import FolderId, TenantId
    from tests.fakes.store import InMemoryStore


def page_of[Item](
    items: Iterable[tuple[tuple[str, str], Item]],
    *,
    limit: int,
    after: Position | None,
    descending: bool,
) -> Page[Item]:
    """Return a page of the items, each with its key in the list's order and its id."""
    rows = sorted(items, key=lambda row: row[0], reverse=descending)
    if after is not None:
        place = (after.key, after.id)
        rows = [row for row in rows if (row[0] < place if descending else row[0] > place)]
    found = rows[:limit]
    if len(rows) == len(found):
        return Page(tuple(item for _, item in found), None)
    key, item_id = found[-1][0]
    return Page(tuple(item for _, item in found), Position(item_id, key))


def _key(file: File, sort: Sort) -> str:
    match sort:
        case Sort.NAME:
            return folded(file.filename)
        case Sort.SIZE_BYTES:
            return f"{file.bytes:016x}"
    return file.id


class InMemoryFileSearch:
    """`FileSearch` in memory."""

    def __init__(self, store: InMemoryStore) -> None:
        self._store = store

    def search(
        self, tenant: TenantId, query: FileQuery, *, limit: int, after: Position | None, now: float
    ) -> Page[File]:
        rows = self._store.listed_files(tenant)
        return page_of(
            (
                ((_key(file, query.sort), file.id), file)
                for file in rows
                if not file.expired(now) and _matches(file, query)
            ),
            limit=limit,
            after=after,
            descending=query.descending,
        )

    def tags(self, tenant: TenantId, now: float) -> TagCounts:
        rows = self._store.listed_files(tenant)
        return TagCounts(
            Counter(tag for file in rows if not file.expired(now) for tag in file.tags), exact=True
        )

    def counts(self, tenant: TenantId, folder_id: FolderId, now: float) -> FolderCounts:
        files = self._store.listed_files(tenant)
        folders = [r.folder for (owner, _), r in self._store.folders.items() if owner == tenant]
        return FolderCounts(
            files=sum(f.folder_id == folder_id and not f.expired(now) for f in files),
            folders=sum(f.parent_id == folder_id and not f.deleting for f in folders),
        )


def _matches(file: File, query: FileQuery) -> bool:
    folder = "root" if file.folder_id is None else file.folder_id
    return (
        query.folder in {None, folder}
        and (query.tag is None or query.tag in file.tags)
        and query.favorite in {None, file.favorite}
        and (query.name_part is None or query.name_part in folded(file.filename))
        and (query.mime_prefix is None or file.mime_type.startswith(query.mime_prefix))
    )
