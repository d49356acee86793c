"""Purge the trash: delete one file in it for good, or all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.domain.errors import ConflictError, NotFoundError
from larder.domain.trash import TrashedFile
from larder.services.space.list_trash import get_trashed_file
from larder.services.space.ports import MAX_FILES_PER_TRANSACTION, TrashCleanup

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder.domain.ids import FileId, TenantId
    from larder.domain.trash import TrashedFolder
    from larder.services.clock import Clock
    from larder.services.space.ports import CleanupQueue, TrashRecords
    from larder.services.space.purge_folder import PurgeFolder

    type PurgeUntil = Callable[..., tuple[int, bool]]


def purge_one(tenant: TenantId, file_id: str, *, trash: TrashRecords, clock: Clock) -> FileId:
    """Purge the trashed file and free its quota. The stream handler deletes its bytes.

    Raises:
        NotFoundError: there is no such file in this project's trash, or the folder that it was
            deleted with is being restored.
    """
    trashed = get_trashed_file(tenant, file_id, trash=trash, clock=clock)
    if not trash.purge(tenant, [trashed]):
        raise NotFoundError("File", file_id)
    return trashed.file.id


def empty_trash(
    tenant: TenantId,
    *,
    purge_until: PurgeUntil,
    cleanups: CleanupQueue,
    clock: Clock,
    keep_going: Callable[[], bool],
) -> tuple[int, bool]:
    """Purge all that is in the trash now. What `keep_going()` leaves is purged in the background.

    Returns the number of purged files and folders, and whether the trash is empty.
    """
    until = int(clock())
    purged, done = purge_until(tenant, until, keep_going=keep_going)
    if not done:
        cleanups.enqueue(tenant, TrashCleanup(until))
    return purged, done


def purge_until(
    tenant: TenantId,
    until: int,
    *,
    trash: TrashRecords,
    purge_folder: PurgeFolder,
    clock: Clock,
    keep_going: Callable[[], bool],
) -> tuple[int, bool]:
    """Purge what was trashed up to `until` (unix seconds), while `keep_going()`.

    Returns the number of purged files and folders, and whether those were all. What is trashed
    meanwhile stays: it was not there when the trash was emptied.
    """
    purged, done, after = 0, True, None
    while keep_going():
        page = trash.page(tenant, limit=MAX_FILES_PER_TRANSACTION, after=after, now=clock())
        old = [trashed for trashed in page.items if trashed.deleted_at <= until]
        files = [each for each in old if isinstance(each, TrashedFile)]
        if files and trash.purge(tenant, files):
            purged += len(files)
        else:
            # One of them was restored or purged in the meantime.
            purged += sum(trash.purge(tenant, [each]) for each in files)
        for folder in old:
            if not isinstance(folder, TrashedFile):
                gone = _purged(tenant, folder, purge_folder, keep_going)
                purged += gone
                done = done and gone
        if page.next is None:
            return purged, done
        after = page.next
    return purged, False


def _purged(
    tenant: TenantId,
    folder: TrashedFolder,
    purge_folder: PurgeFolder,
    keep_going: Callable[[], bool],
) -> bool:
    try:
        return purge_folder(tenant, folder.folder.id, keep_going=keep_going)
    except NotFoundError:
        # It was restored or purged in the meantime.
        return True
    except ConflictError:
        # It is still moving to the trash.
        return False
