"""Run a cleanup: work that takes longer than one request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.domain.errors import ProjectFullError
from larder.services.space.ports import FolderCleanup, TrashCleanup

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder.domain.ids import TenantId
    from larder.services.space.finish_folder import FinishFolder
    from larder.services.space.ports import Cleanup, CleanupQueue
    from larder.services.space.purge import PurgeUntil


def run_cleanup(
    tenant: TenantId,
    cleanup: Cleanup,
    *,
    finish_folder: FinishFolder,
    purge_until: PurgeUntil,
    cleanups: CleanupQueue,
    keep_going: Callable[[], bool],
) -> None:
    """Finish what has begun with a folder, or empty the trash.

    The rest is enqueued if `keep_going()` ended it early.
    """
    match cleanup:
        case FolderCleanup():
            try:
                done = finish_folder(tenant, cleanup.folder_id, keep_going=keep_going)
            except ProjectFullError:
                # Nothing fits into it. The sweeper tries again every quarter of an hour.
                return
        case TrashCleanup():
            _, done = purge_until(tenant, cleanup.until, keep_going=keep_going)
    if not done:
        cleanups.enqueue(tenant, cleanup)
