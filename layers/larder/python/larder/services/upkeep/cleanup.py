"""Run a cleanup: work that takes longer than one request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from larder.domain.errors import ProjectFullError
from larder.services.space.ports import FolderCleanup, TrashCleanup
from larder.services.space.purge import purge_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder.domain.ids import TenantId
    from larder.services.clock import Clock
    from larder.services.space.delete_folder import EmptyFolder
    from larder.services.space.ports import Cleanup, CleanupQueue, TrashRecords


@dataclass(frozen=True, slots=True)
class RunCleanup:
    """Run a cleanup, and enqueue the rest if `keep_going()` ended it early."""

    empty_folder: EmptyFolder
    trash: TrashRecords
    cleanups: CleanupQueue
    clock: Clock

    def __call__(
        self, tenant: TenantId, cleanup: Cleanup, *, keep_going: Callable[[], bool]
    ) -> None:
        """Empty the folder, or the trash."""
        match cleanup:
            case FolderCleanup():
                try:
                    done = self.empty_folder(tenant, cleanup.folder_id, keep_going=keep_going)
                except ProjectFullError:
                    # Nothing fits into the trash. The sweeper tries again every quarter of an hour.
                    return
            case TrashCleanup():
                _, done = purge_until(
                    tenant, cleanup.until, trash=self.trash, clock=self.clock, keep_going=keep_going
                )
        if not done:
            self.cleanups.enqueue(tenant, cleanup)
