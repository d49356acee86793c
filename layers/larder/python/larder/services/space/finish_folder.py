"""Finish what has begun with a folder: to move it to the trash, back, or out of it for good."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from larder.domain.trash import TrashState

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder.domain.ids import FolderId, TenantId
    from larder.services.space.folder_trash import FolderTrash
    from larder.services.space.ports import FolderRecords
    from larder.services.space.purge_folder import PurgeContents
    from larder.services.space.restore_folder import RestoreContents
    from larder.services.space.trash_folder import TrashContents


@dataclass(frozen=True, slots=True)
class FinishFolder:
    """Carry on with a folder in the trash, whoever began, until it rests or is gone.

    Each step is a transaction on condition of the folder's state, and is found by what is stored.
    So the work can stop anywhere, and any number of requests and workers can do it at once.
    """

    folders: FolderRecords
    folder_trash: FolderTrash
    trash_contents: TrashContents
    restore_contents: RestoreContents
    purge_contents: PurgeContents

    def __call__(
        self,
        tenant: TenantId,
        folder_id: FolderId,
        *,
        doing: TrashState | None = None,
        keep_going: Callable[[], bool],
    ) -> bool:
        """Return whether there is nothing left to do; False if `keep_going()` ended it early.

        With `doing`, do this and nothing that others may have begun since.
        """
        while True:
            root = self.folder_trash.get(tenant, folder_id)
            if root is None:
                folder = self.folders.get(tenant, folder_id)
                if folder is None or not folder.deleting:
                    return True
                # It was closed by a version of Larder that kept no folders in the trash.
                self.trash_contents.begin(tenant, folder_id)
                continue
            if root.within is not None or doing not in {None, root.state}:
                return True
            match root.state:
                case TrashState.KEPT:
                    return True
                case TrashState.FILLING:
                    over = self.trash_contents(tenant, root, keep_going=keep_going)
                case TrashState.RESTORING:
                    over = self.restore_contents(tenant, root, keep_going=keep_going)
                case TrashState.PURGING:
                    over = self.purge_contents(tenant, root, keep_going=keep_going)
            if not over:
                return False
