"""The port of folders in the trash.

A folder that was deleted itself is the root of what it took along. Each method that names it takes
effect only while it is in the state and of the version that the caller has read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from larder.domain.files import File
    from larder.domain.folders import Folder
    from larder.domain.ids import FolderId, TenantId
    from larder.domain.trash import TrashedFile, TrashedFolder, TrashState

MAX_CLOSED = 96
"""The most folders that one transaction closes besides the first. It has at most 100 items."""

MAX_REOPENED = 96
"""The most folders that one transaction puts back."""

MAX_RESTORED = 48
"""The most files that one transaction puts back into their folder.

Two items per file, the counters, the folder, and the folder in the trash.
"""


class FolderTrash(Protocol):
    """The records of folders in the trash, and the moves of folders there and back."""

    def get(self, tenant: TenantId, folder_id: FolderId) -> TrashedFolder | None:
        """Return the folder in the trash, expired or not (strongly consistent)."""

    def begin(
        self, tenant: TenantId, root: TrashedFolder, others: Sequence[FolderId], due_at: int
    ) -> bool:
        """Put `root` into the trash and close it and up to `MAX_CLOSED` folders in it.

        False if the tree has changed since `root.version`. The sweeper checks it at `due_at`.

        Raises:
            ProjectFullError: the project has as many records as it can have.
        """

    def close(self, tenant: TenantId, root: TrashedFolder, folders: Sequence[FolderId]) -> bool:
        """Close up to `MAX_CLOSED` more folders in it; False if one is gone, or `root` differs."""

    def keep(self, tenant: TenantId, root: TrashedFolder, folder: Folder) -> bool:
        """Move a closed folder, whose files have moved, to the trash; False if it has moved."""

    def finish(self, tenant: TenantId, root: TrashedFolder) -> bool:
        """Remove the closed folder itself, the last of all, so that it is kept in the trash."""

    def turn(self, tenant: TenantId, root: TrashedFolder, state: TrashState, due_at: int) -> bool:
        """Begin to restore or to purge what is kept; False if somebody else was first.

        It is in no list from then on, and does not expire. The sweeper checks it at `due_at`.
        """

    def reschedule(self, tenant: TenantId, root: TrashedFolder, due_at: int) -> None:
        """Have the sweeper check it again at `due_at`, if it is still what was read."""

    def folders_in(self, tenant: TenantId, root_id: FolderId) -> Sequence[TrashedFolder]:
        """Return the folders that it took along, in no order (strongly consistent)."""

    def files_in(self, tenant: TenantId, folder_id: FolderId, limit: int) -> Sequence[TrashedFile]:
        """Return up to `limit` files that were taken along from that folder, expired or not."""

    def reopen(
        self, tenant: TenantId, root: TrashedFolder, folders: Sequence[Folder], tree_version: int
    ) -> bool:
        """Put back up to `MAX_REOPENED` folders; False if the tree has changed, or `root` differs.

        The parent of the first must exist and be open; those of the others may be among them.

        Raises:
            ProjectFullError: the project has as many records as it can have.
        """

    def restore(
        self, tenant: TenantId, root: TrashedFolder, files: Sequence[tuple[TrashedFile, File]]
    ) -> bool:
        """Put back up to `MAX_RESTORED` files into one folder; False if one has changed, or `root`.

        Raises:
            ProjectFullError: the project has as many records as it can have.
        """

    def settle(self, tenant: TenantId, root: TrashedFolder, folder_id: FolderId) -> bool:
        """Remove a folder from the trash whose files are all back; itself the last of all."""

    def drop(self, tenant: TenantId, folder_ids: Sequence[FolderId]) -> None:
        """Remove up to 100 folders from the trash for good, whose files are purged."""
