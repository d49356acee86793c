"""What falls due, from the records in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from larder.domain.uploads import UploadStatus
from larder.services.upkeep.ports import (
    NO_PLACES,
    DueAudit,
    DueBatch,
    DueFile,
    DueFolder,
    DueItem,
    DueTrashedFile,
    DueTrashedFolder,
    DueUpload,
    DueWebhook,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from larder.domain.ids import TenantId
    from tests.fakes.store import InMemoryStore
    from tests.fakes.webhooks import InMemoryWebhooks

_QUEUE = "all"


class InMemoryDeadlines:
    """`Deadlines` in memory."""

    def __init__(self, store: InMemoryStore, webhooks: InMemoryWebhooks) -> None:
        self._store = store
        self._webhooks = webhooks

    def expired(self, tenant: TenantId, now: float) -> Iterator[DueItem]:
        for (owner, file_id), row in list(self._store.files.items()):
            if owner == tenant and row.file.expired(now):
                yield DueFile(tenant, file_id)
        for (owner, file_id), trashed in list(self._store.trash.items()):
            if owner == tenant and trashed.expired(now):
                yield DueTrashedFile(tenant, file_id)
        for (owner, folder_id), folder_row in list(self._store.trashed_folders.items()):
            gone = folder_row.trashed
            own = gone.within is None and gone.listed
            if owner == tenant and own and gone.expired(now):
                yield DueTrashedFolder(tenant, folder_id)
        for (owner, upload_id), upload_row in list(self._store.uploads.items()):
            upload = upload_row.upload
            if owner == tenant and upload.overdue(now):
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
                (row.trashed.purge_at, DueTrashedFolder(owner, key))
                for (owner, key), row in store.trashed_folders.items()
                if row.trashed.within is None and row.trashed.listed
            ),
            *(
                (row.upload.closes_at, DueUpload(owner, key))
                for (owner, key), row in store.uploads.items()
                if row.upload.status is UploadStatus.PENDING
            ),
        ]
        expiring = [
            (at, due) for at, due in found if at is not None and at > now and due.tenant == tenant
        ]
        return sorted(expiring, key=lambda each: each[0])[:limit]

    def due(self, now: float, after: Mapping[str, str] = NO_PLACES) -> Iterator[DueItem]:
        places = {
            f"{at:012}|{work.tenant}|{work.id or ''}": work
            for at, work in self._all()
            if at is not None and at <= now
        }
        ordered = sorted(places.items(), key=lambda found: found[0])
        begin = after.get(_QUEUE, "")
        later = [found for found in ordered if found[0] > begin]
        for place, work in later + [found for found in ordered if found[0] <= begin]:
            yield replace(work, queue=_QUEUE, place=place)

    def oldest_due(self, now: float) -> int | None:
        return min((at for at, _ in self._all() if at is not None and at <= now), default=None)

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
            *(
                (row.due_at, DueTrashedFolder(owner, key))
                for (owner, key), row in store.trashed_folders.items()
            ),
            *((at, DueBatch(owner, key)) for (owner, key), at in store.batches_due.items()),
            *((row.due_at, DueAudit(owner)) for owner, row in store.usage.items()),
            *(
                (row.webhook.due_at, DueWebhook(owner, key))
                for (owner, key), row in self._webhooks.rows.items()
            ),
        ]


class InMemorySweepPlaces:
    """`SweepPlaces` in memory."""

    def __init__(self) -> None:
        self.places: Mapping[str, str] = {}

    def get(self) -> Mapping[str, str]:
        return self.places

    def keep(self, places: Mapping[str, str]) -> None:
        self.places = dict(places)
