"""The queue of cleanups in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from larder.domain.ids import FolderId, TenantId


class InMemoryCleanupQueue:
    """`CleanupQueue` in memory: what was asked for, oldest first."""

    def __init__(self) -> None:
        self.folders: list[tuple[TenantId, FolderId]] = []
        self.trashes: list[tuple[TenantId, int]] = []

    def clear_folder(self, tenant: TenantId, folder_id: FolderId) -> None:
        self.folders.append((tenant, folder_id))

    def empty_trash(self, tenant: TenantId, until: int) -> None:
        self.trashes.append((tenant, until))
