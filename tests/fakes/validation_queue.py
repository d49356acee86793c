"""The queue of files to validate, in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from larder.domain.ids import FileId, TenantId


class InMemoryValidationQueue:
    """`ValidationQueue` in memory: what was announced, oldest first."""

    def __init__(self) -> None:
        self.announced: list[tuple[TenantId, FileId]] = []

    def enqueue(self, tenant: TenantId, file_id: FileId) -> None:
        self.announced.append((tenant, file_id))
