"""The queue of cleanups in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from larder.services.space.ports import Cleanup


class InMemoryCleanupQueue:
    """`CleanupQueue` in memory; `queued` is what was asked for, oldest first."""

    def __init__(self) -> None:
        self.queued: list[tuple[TenantId, Cleanup]] = []

    def enqueue(self, tenant: TenantId, cleanup: Cleanup) -> None:
        self.queued.append((tenant, cleanup))
