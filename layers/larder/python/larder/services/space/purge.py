"""Purge the trash: delete one file in it for good, or all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.domain.errors import NotFoundError
from larder.services.space.list_trash import get_trashed_file
from larder.services.space.ports import MAX_FILES_PER_TRANSACTION, TrashCleanup

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder.domain.ids import FileId, TenantId
    from larder.services.clock import Clock
    from larder.services.space.ports import CleanupQueue, TrashRecords


def purge_one(tenant: TenantId, file_id: str, *, trash: TrashRecords, clock: Clock) -> FileId:
    """Purge the trashed file and free its quota. The stream handler deletes its bytes.

    Raises:
        NotFoundError: there is no such file in this project's trash.
    """
    trashed = get_trashed_file(tenant, file_id, trash=trash, clock=clock)
    if not trash.purge(tenant, [trashed]):
        raise NotFoundError("File", file_id)
    return trashed.file.id


def empty_trash(
    tenant: TenantId,
    *,
    trash: TrashRecords,
    cleanups: CleanupQueue,
    clock: Clock,
    keep_going: Callable[[], bool],
) -> tuple[int, bool]:
    """Purge all that is in the trash now. What `keep_going()` leaves is purged in the background.

    Returns the number of purged files, and whether the trash is empty.
    """
    until = int(clock())
    purged, done = purge_until(tenant, until, trash=trash, clock=clock, keep_going=keep_going)
    if not done:
        cleanups.enqueue(tenant, TrashCleanup(until))
    return purged, done


def purge_until(
    tenant: TenantId,
    until: int,
    *,
    trash: TrashRecords,
    clock: Clock,
    keep_going: Callable[[], bool],
) -> tuple[int, bool]:
    """Purge the files that were trashed up to `until` (unix seconds), while `keep_going()`.

    Returns the number of purged files, and whether those were all. Files that are trashed
    meanwhile stay: they were not there when the trash was emptied.
    """
    purged, after = 0, None
    while keep_going():
        page = trash.page(tenant, limit=MAX_FILES_PER_TRANSACTION, after=after, now=clock())
        old = [trashed for trashed in page.items if trashed.deleted_at <= until]
        if old and trash.purge(tenant, old):
            purged += len(old)
        else:
            # One of them was restored or purged in the meantime.
            purged += sum(trash.purge(tenant, [trashed]) for trashed in old)
        if page.next is None:
            return purged, True
        after = page.next
    return purged, False
