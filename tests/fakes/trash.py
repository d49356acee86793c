"""The records of files in the trash, in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.domain.quota import NOTHING
from larder.domain.trash import TrashedFile
from tests.fakes.file_search import page_of
from tests.fakes.store import FileRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from larder.domain.files import File
    from larder.domain.ids import FileId, TenantId
    from larder.services.clock import Clock
    from larder.services.space.ports import Page, Position
    from tests.fakes.store import InMemoryStore


class InMemoryTrash:
    """`TrashRecords` in memory."""

    def __init__(self, store: InMemoryStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def put(self, tenant: TenantId, files: Sequence[File], now: float) -> bool:
        with self._store.transaction():
            for file in files:
                row = self._store.files.get((tenant, file.id))
                if row is None or (row.file.revision, row.file.status) != (
                    file.revision,
                    file.status,
                ):
                    return False
            self._store.check_growth(tenant)
            self._store.count(tenant, left=NOTHING, reserved=NOTHING)
            for file in files:
                del self._store.files[tenant, file.id]
                self._store.trash[tenant, file.id] = TrashedFile(file, deleted_at=int(now))
                self._store.remove(tenant, file)
            return True

    def get(self, tenant: TenantId, file_id: FileId) -> TrashedFile | None:
        return self._store.trash.get((tenant, file_id))

    def page(
        self, tenant: TenantId, *, limit: int, after: Position | None, now: float
    ) -> Page[TrashedFile]:
        rows = [gone for (owner, _), gone in self._store.trash.items() if owner == tenant]
        return page_of(
            (((f"{t.deleted_at:012d}", t.file.id), t) for t in rows if not t.expired(now)),
            limit=limit,
            after=after,
            descending=True,
        )

    def restore(self, tenant: TenantId, trashed: TrashedFile, file: File) -> bool:
        with self._store.transaction():
            if not self._holds(tenant, trashed):
                return False
            self._store.check_open(tenant, file)
            self._store.check_growth(tenant)
            self._store.count_addition(tenant, file.folder_id)
            self._store.count(tenant, left=NOTHING, reserved=NOTHING)
            gone = self._store.trash.pop((tenant, trashed.file.id))
            self._store.remove(tenant, gone.file)
            self._store.files[tenant, file.id] = FileRow.new(file, int(self._clock()))
            return True

    def purge(self, tenant: TenantId, trashed: Sequence[TrashedFile]) -> bool:
        with self._store.transaction():
            if any(
                not self._holds(tenant, gone) or gone.file.id in self._store.ledger
                for gone in trashed
            ):
                return False
            for gone in trashed:
                del self._store.trash[tenant, gone.file.id]
                self._store.remove(tenant, gone.file)
                self._store.ledger.add(gone.file.id)
                self._store.count(tenant, left=gone.file.amount, reserved=NOTHING)
            return True

    def _holds(self, tenant: TenantId, trashed: TrashedFile) -> bool:
        held = self._store.trash.get((tenant, trashed.file.id))
        return held is not None and held.file.revision == trashed.file.revision
