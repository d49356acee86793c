"""What falls due, from the records in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.domain.uploads import UploadStatus
from larder.services.upkeep.ports import DueWork

if TYPE_CHECKING:
    from collections.abc import Iterator

    from larder.domain.ids import TenantId
    from tests.fakes.store import InMemoryStore


class InMemoryDeadlines:
    """`Deadlines` in memory."""

    def __init__(self, store: InMemoryStore) -> None:
        self._store = store

    def expired(self, tenant: TenantId, now: float) -> Iterator[DueWork]:
        for (owner, file_id), row in list(self._store.files.items()):
            if owner == tenant and row.file.expired(now):
                yield DueWork(tenant, file_id=file_id)
        for (owner, file_id), trashed in list(self._store.trash.items()):
            if owner == tenant and trashed.expired(now):
                yield DueWork(tenant, file_id=file_id, trashed=True)
        for (owner, upload_id), upload_row in list(self._store.uploads.items()):
            upload = upload_row.upload
            pending = upload.status is UploadStatus.PENDING
            if owner == tenant and pending and upload.expires_at <= now:
                yield DueWork(tenant, upload_id=upload_id)

    def due(self, now: float) -> Iterator[DueWork]:
        yield from (work for at, work in self._all() if at is not None and at <= now)

    def _all(self) -> list[tuple[int | None, DueWork]]:
        store = self._store
        return [
            *(
                (row.due_at, DueWork(owner, file_id=key))
                for (owner, key), row in store.files.items()
            ),
            *(
                (trashed.purge_at, DueWork(owner, file_id=key, trashed=True))
                for (owner, key), trashed in store.trash.items()
            ),
            *(
                (row.due_at, DueWork(owner, upload_id=key))
                for (owner, key), row in store.uploads.items()
            ),
            *(
                (row.due_at, DueWork(owner, folder_id=key))
                for (owner, key), row in store.folders.items()
            ),
            *((row.due_at, DueWork(owner)) for owner, row in store.usage.items()),
        ]
