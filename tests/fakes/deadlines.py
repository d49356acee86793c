"""What falls due, from the records in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.domain.uploads import UploadStatus
from larder.services.ports import DueWork

if TYPE_CHECKING:
    from collections.abc import Iterator

    from larder.domain.ids import FileId, TenantId, UploadId
    from tests.fakes.store import InMemoryStore


class InMemoryDeadlines:
    """`Deadlines` in memory."""

    def __init__(self, store: InMemoryStore) -> None:
        self._store = store

    def expired(self, tenant: TenantId, now: float) -> Iterator[FileId | UploadId]:
        for (owner, file_id), row in list(self._store.files.items()):
            if owner == tenant and row.file.expired(now):
                yield file_id
        for (owner, upload_id), upload_row in list(self._store.uploads.items()):
            upload = upload_row.upload
            pending = upload.status is UploadStatus.PENDING
            if owner == tenant and pending and upload.expires_at <= now:
                yield upload_id

    def due(self, now: float) -> Iterator[DueWork]:
        for (tenant, file_id), row in list(self._store.files.items()):
            if row.due_at is not None and row.due_at <= now:
                yield DueWork(tenant, file_id=file_id)
        for (tenant, upload_id), upload_row in list(self._store.uploads.items()):
            if upload_row.due_at is not None and upload_row.due_at <= now:
                yield DueWork(tenant, upload_id=upload_id)
        for tenant, usage_row in list(self._store.usage.items()):
            if usage_row.due_at <= now:
                yield DueWork(tenant)
