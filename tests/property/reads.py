"""What both surfaces show is what is stored and visible: nothing else, and all of it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from larder.domain.errors import NotFoundError
from larder.domain.filenames import folded
from larder.domain.trash import TrashedFile, TrashedFolder
from larder.services.files.get import get_file
from larder.services.files.list import list_files
from larder.services.space.find_files import find_files
from larder.services.space.list_folders import list_folders
from larder.services.space.list_tags import list_tags
from larder.services.space.list_trash import get_trashed_file, list_trash
from larder.services.space.ports import FileQuery, Sort

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from larder.domain.files import File
    from larder.domain.ids import FileId, FolderId, TenantId
    from larder.services.space.list_tags import TagCount
    from larder.services.space.ports import Page, Position
    from tests.property.world import Arrival, World

MAX_FILES_PER_TRANSACTION = 2


def check_lists(world: World, tenant: TenantId) -> None:
    """Check that every list of the project shows, in order, what the records say is visible."""
    stored, now = world.backend.snapshot(), world.clock()
    files = [f for (t, _), f in stored.files.items() if t == tenant and not f.expired(now)]
    folders = [
        folder_id
        for (owner, folder_id), folder in stored.folders.items()
        if owner == tenant and not folder.deleting
    ]
    trashed: list[tuple[TenantId, FileId | FolderId, TrashedFile | TrashedFolder]] = [
        *((owner, key, t) for (owner, key), t in stored.trash.items()),
        *((owner, key, t) for (owner, key), t in stored.trashed_folders.items() if t.listed),
    ]
    trash = [
        (t.deleted_at, key)
        for owner, key, t in trashed
        if owner == tenant and t.within is None and not t.expired(now)
    ]

    assert _listed(world, tenant) == sorted((file.id for file in files), reverse=True)
    for sort in Sort:
        assert _found(world, tenant, FileQuery(sort=sort, descending=False)) == _ids(files, sort)
    for folder_id in [None, *folders]:
        inside = [file for file in files if file.folder_id == folder_id]
        query = FileQuery(folder=folder_id or "root", sort=Sort.NAME, descending=False)
        assert _found(world, tenant, query) == _ids(inside, Sort.NAME)
    for query, wanted in (
        (FileQuery(favorite=True), [file for file in files if file.favorite]),
        (FileQuery(tag="b"), [file for file in files if "b" in file.tags]),
        (FileQuery(name_part="b"), [file for file in files if "b" in folded(file.filename)]),
    ):
        assert sorted(_found(world, tenant, query)) == sorted(file.id for file in wanted)
    assert _tagged(world, tenant) == Counter(tag for file in files for tag in file.tags)
    assert _in_trash(world, tenant) == [key for _, key in sorted(trash, reverse=True)]


def check_folders(world: World, tenant: TenantId) -> None:
    """Check that each folder of the project is listed in its parent, by name."""
    stored = world.backend.snapshot().folders
    folders = sorted(
        (f for (owner, _), f in stored.items() if owner == tenant and not f.deleting),
        key=lambda folder: (folded(folder.name), folder.id),
    )
    for parent in [None, *(folder.id for folder in folders)]:
        inside = [folder.id for folder in folders if folder.parent_id == parent]
        assert _children(world, tenant, parent) == inside


def check_get(world: World, key: Arrival) -> None:
    """Check that a file can be had from where it is, and from nowhere else."""
    (tenant, file_id), stored, now = key, world.backend.snapshot(), world.clock()
    file, trashed = stored.files.get(key), stored.trash.get(key)
    live = None if file is None or file.expired(now) else file
    assert _or_none(lambda: world.ports.make(get_file)(tenant, file_id)) == live
    restorable = None if trashed is None or trashed.expired(now) else trashed
    assert _or_none(lambda: world.ports.make(get_trashed_file)(tenant, file_id)) == restorable


def _or_none[Item](read: Callable[[], Item]) -> Item | None:
    try:
        return read()
    except NotFoundError:
        return None


def _ids(files: Iterable[File], sort: Sort) -> list[FileId]:
    def key(file: File) -> tuple[object, ...]:
        match sort:
            case Sort.NAME:
                return (folded(file.filename), file.id)
            case Sort.SIZE_BYTES:
                return (file.bytes, file.id)
        return (file.id,)

    return [file.id for file in sorted(files, key=key)]


def _listed(world: World, tenant: TenantId) -> list[FileId]:
    listed: list[FileId] = []
    while True:
        page = world.ports.make(list_files)(
            tenant,
            limit=MAX_FILES_PER_TRANSACTION,
            after=listed[-1] if listed else None,
            order="desc",
            purpose=None,
        )
        listed += [file.id for file in page.files]
        if not page.has_more:
            return listed


def _all[Item](read: Callable[[Position | None], Page[Item]]) -> list[Item]:
    found = read(None)
    items = [*found.items]
    while found.next is not None:
        found = read(found.next)
        items += found.items
    return items


def _found(world: World, tenant: TenantId, query: FileQuery) -> list[FileId]:
    def read(after: Position | None) -> Page[File]:
        return world.ports.make(find_files)(
            tenant, query, limit=MAX_FILES_PER_TRANSACTION, after=after
        )

    return [file.id for file in _all(read)]


def _children(world: World, tenant: TenantId, parent: FolderId | None) -> list[FolderId]:
    found = _all(
        lambda after: world.ports.make(list_folders)(
            tenant, parent, limit=MAX_FILES_PER_TRANSACTION, after=after
        )
    )
    return [folder.id for folder in found]


def _tagged(world: World, tenant: TenantId) -> dict[str, int]:
    def read(after: Position | None) -> Page[TagCount]:
        page, exact = world.ports.make(list_tags)(
            tenant, limit=MAX_FILES_PER_TRANSACTION, after=after
        )
        assert exact
        return page

    return {each.tag: each.count for each in _all(read)}


def _in_trash(world: World, tenant: TenantId) -> list[FileId | FolderId]:
    found: list[TrashedFile | TrashedFolder] = _all(
        lambda after: world.ports.make(list_trash)(
            tenant, limit=MAX_FILES_PER_TRANSACTION, after=after
        )
    )
    return [t.folder.id if isinstance(t, TrashedFolder) else t.file.id for t in found]
