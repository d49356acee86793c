"""Go on with what was too much for one request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from larder.services.space.purge import purge_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder.domain.ids import FolderId, TenantId
    from larder.services.space.delete_folder import EmptyFolder
    from larder.services.space.ports import CleanupQueue


@dataclass(frozen=True, slots=True)
class RunCleanup:
    """`CleanupQueue` carried out here and now; what `keep_going()` leaves is asked for `again`."""

    empty_folder: EmptyFolder
    again: CleanupQueue
    keep_going: Callable[[], bool]

    def clear_folder(self, tenant: TenantId, folder_id: FolderId) -> None:
        """Empty the folder into the trash and remove it."""
        if not self.empty_folder.clear(tenant, folder_id, keep_going=self.keep_going):
            self.again.clear_folder(tenant, folder_id)

    def empty_trash(self, tenant: TenantId, until: int) -> None:
        """Purge what was trashed until then (unix seconds)."""
        _, done = purge_until(
            tenant,
            until,
            trash=self.empty_folder.trash,
            clock=self.empty_folder.clock,
            keep_going=self.keep_going,
        )
        if not done:
            self.again.empty_trash(tenant, until)
