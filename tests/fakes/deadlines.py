"""What falls due, from the records in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.domain.uploads import UploadStatus
from larder.services.upkeep.ports import (
    DueAudit,
    DueBatch,
    DueFile,
    DueFolder,
    DueItem,
    DueTrashedFile,
    DueUpload,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from larder.domain.ids import TenantId
    from tests.fakes.store import InMemoryStore


class InMemoryDeadlines:
    """`Deadlines` in memory."""

    def __init__(self, store: InMemoryStore) -> None:
        self._store = store

    def expired(self, tenant: TenantId, now: float) -> Iterator[DueItem]:
        for (owner, file_id), row in list(self._store.files.items()):
            if owner == tenant and row.file.expired(now):
                yield DueFile(tenant, file_id)
        for (owner, file_id), trashed in list(self._store.trash.items()):
            if owner == tenant and trashed.expired(now):
                yield DueTrashedFile(tenant, file_id)
        for (owner, upload_id), upload_row in list(self._store.uploads.items()):
            upload = upload_row.upload
            pending = upload.status is UploadStatus.PENDING
            if owner == tenant and pending and upload.expires_at <= now:
                yield DueUpload(tenant, upload_id)

    def ahead(self, tenant: TenantId, now: float, limit: int) -> list[tuple[int, DueItem]]:
        store = self._store
        found: list[tuple[int | None, DueItem]] = [
            *(
                (row.file.expires_at, DueFile(owner, key))
                for (owner, key), row in store.files.items()
            ),
            *(
                (trashed.purge_at, DueTrashedFile(owner, key))
                for (owner, key), trashed in store.trash.items()
            ),
            *(
                (row.upload.expires_at, DueUpload(owner, key))
                for (owner, key), row in store.uploads.items()
                if row.upload.status is UploadStatus.PENDING
            ),
        ]
        expiring = [
            (at, due) for at, due in found if at is not None and at > now and due.tenant == tenant
        ]
        return sorted(expiring, key=lambda each: each[0])[:limit]

    def due(self, now: float) -> Iterator[DueItem]:
        yield from (work for at, work in self._all() if at is not None and at <= now)

    def _all(self) -> list[tuple[int | None, DueItem]]:
        store = self._store
        return [
            *((row.due_at, DueFile(owner, key)) for (owner, key), row in store.files.items()),
            *(
                (trashed.purge_at, DueTrashedFile(owner, key))
                for (owner, key), trashed in store.trash.items()
            ),
            *((row.due_at, DueUpload(owner, key)) for (owner, key), row in store.uploads.items()),
            *((row.due_at, DueFolder(owner, key)) for (owner, key), row in store.folders.items()),
            *((at, DueBatch(owner, key)) for (owner, key), at in store.batches_due.items()),
            *((row.due_at, DueAudit(owner)) for owner, row in store.usage.items()),
        ]
