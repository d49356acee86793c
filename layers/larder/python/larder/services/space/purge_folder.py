"""Purge a folder in the trash: delete it for good with everything in it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import batched
from typing import TYPE_CHECKING

from larder.domain.errors import ContentionError
from larder.domain.folders import CLEARING_GRACE
from larder.domain.trash import TrashState
from larder.services.budget import attempts
from larder.services.space.list_trash import seen_in_trash
from larder.services.space.ports import MAX_FILES_PER_TRANSACTION, FolderCleanup
from larder.services.space.trash_folder import busy

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder.domain.ids import FolderId, TenantId
    from larder.domain.trash import TrashedFolder
    from larder.services.clock import Clock
    from larder.services.space.finish_folder import FinishFolder
    from larder.services.space.folder_trash import FolderTrash
    from larder.services.space.ports import CleanupQueue, TrashRecords

    type PurgeContents = Callable[..., bool]

_DROPPED_AT_ONCE = 100


def purge_contents(
    tenant: TenantId,
    root: TrashedFolder,
    *,
    trash: TrashRecords,
    folder_trash: FolderTrash,
    keep_going: Callable[[], bool],
) -> bool:
    """Purge the files of a folder in the trash and free their quota, then drop the folders.

    Returns False when `keep_going()` ended it early.
    """
    inside = [each.folder.id for each in folder_trash.folders_in(tenant, root.folder.id)]
    for some in batched([*inside, root.folder.id], _DROPPED_AT_ONCE, strict=False):
        if not keep_going():
            return False
        for folder_id in some:
            while found := folder_trash.files_in(tenant, folder_id, MAX_FILES_PER_TRANSACTION):
                if not keep_going():
                    return False
                if not trash.purge(tenant, found):
                    # One of them expired, and was purged, in the meantime.
                    for each in found:
                        trash.purge(tenant, [each])
        folder_trash.drop(tenant, some)
    return True


@dataclass(frozen=True, slots=True)
class PurgeFolder:
    """Purge a folder. What `keep_going()` leaves of its contents is purged in the background."""

    folder_trash: FolderTrash
    finish_folder: FinishFolder
    cleanups: CleanupQueue
    clock: Clock

    def __call__(
        self, tenant: TenantId, folder_id: FolderId, *, keep_going: Callable[[], bool]
    ) -> bool:
        """Purge the folder, and return whether all that was in it is gone.

        From the first call on, it cannot be restored.

        Raises:
            NotFoundError: the project's trash has no such folder.
            ConflictError: it is still moving there, or lies in another folder in the trash.
        """
        for _ in attempts():
            root = self.folder_trash.get(tenant, folder_id)
            if root is None or root.state is not TrashState.PURGING:
                root = seen_in_trash(folder_id, root, self.clock())
            if root.state is TrashState.KEPT:
                due_at = int(self.clock()) + CLEARING_GRACE
                self.folder_trash.turn(tenant, root, TrashState.PURGING, due_at)
                continue
            done = self.finish_folder(tenant, folder_id, doing=root.state, keep_going=keep_going)
            if not done:
                self.cleanups.enqueue(tenant, FolderCleanup(folder_id))
            if root.state is TrashState.PURGING:
                return done
            if not done:
                raise busy(folder_id, "moving to the trash")
        raise ContentionError
