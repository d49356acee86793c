"""The records of files in the trash, in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.domain.ids import FolderId
from larder.domain.quota import NOTHING
from larder.domain.trash import TrashedFile, TrashedFolder, TrashState
from tests.fakes.file_search import page_of
from tests.fakes.store import FileRow, amount_of

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

    def put(
        self,
        tenant: TenantId,
        files: Sequence[File],
        now: float,
        *,
        within: TrashedFolder | None = None,
    ) -> bool:
        with self._store.transaction():
            if within is not None and not self._root_is(tenant, within):
                return False
            if not all(self._store.unchanged(tenant, file) for file in files):
                return False
            self._store.check_growth(tenant)
            self._store.count(tenant, left=NOTHING, reserved=NOTHING)
            deleted_at, root_id = int(now), None
            if within is not None:
                deleted_at, root_id = within.deleted_at, within.folder.id
                self._store.change_trashed_files(tenant, root_id, amount_of(files))
            for file in files:
                self._store.trash_file(tenant, TrashedFile(file, deleted_at, root_id))
            return True

    def get(self, tenant: TenantId, file_id: FileId) -> TrashedFile | None:
        return self._store.trash.get((tenant, file_id))

    def page(
        self,
        tenant: TenantId,
        *,
        limit: int,
        after: Position | None,
        now: float,
        folder: FolderId | None = None,
    ) -> Page[TrashedFile | TrashedFolder]:
        files = [gone for (owner, _), gone in self._store.trash.items() if owner == tenant]
        folders = [
            row.trashed
            for (owner, _), row in self._store.trashed_folders.items()
            if owner == tenant
        ]
        rows: list[tuple[tuple[str, str], TrashedFile | TrashedFolder]] = []
        if folder is None:
            rows += [
                ((f"{t.deleted_at:012d}", t.file.id), t)
                for t in files
                if t.within is None and not t.expired(now)
            ]
            rows += [
                ((f"{t.deleted_at:012d}", t.folder.id), t)
                for t in folders
                if t.within is None and t.listed and not t.expired(now)
            ]
        else:
            rows += [
                (("", t.file.id), t)
                for t in files
                if t.within is not None and t.file.folder_id == folder and not t.expired(now)
            ]
            rows += [
                (("", t.folder.id), t)
                for t in folders
                if t.within is not None and t.folder.parent_id == folder
            ]
        return page_of(rows, limit=limit, after=after, descending=True)

    def restore(self, tenant: TenantId, trashed: TrashedFile, file: File) -> bool:
        with self._store.transaction():
            if not self._store.holds(tenant, trashed):
                return False
            if trashed.within is not None:
                root = self._store.trashed_folders.get((tenant, trashed.within))
                if root is None or not root.trashed.listed:
                    return False
            self._store.check_open(tenant, file)
            self._store.check_growth(tenant)
            self._store.count_addition(tenant, file.folder_id)
            self._take_off(tenant, [trashed])
            self._store.count(tenant, left=NOTHING, reserved=NOTHING)
            gone = self._store.trash.pop((tenant, trashed.file.id))
            self._store.remove(tenant, gone.file)
            self._store.files[tenant, file.id] = FileRow.new(file, int(self._clock()))
            return True

    def purge(self, tenant: TenantId, trashed: Sequence[TrashedFile]) -> bool:
        with self._store.transaction():
            if any(
                not self._store.holds(tenant, gone) or gone.file.id in self._store.ledger
                for gone in trashed
            ):
                return False
            root = self._store.trashed_folders.get((tenant, trashed[0].within or FolderId("")))
            if root is not None and root.trashed.state is TrashState.RESTORING:
                return False
            self._take_off(tenant, trashed)
            for gone in trashed:
                del self._store.trash[tenant, gone.file.id]
                self._store.remove(tenant, gone.file)
                self._store.ledger.add(gone.file.id)
                self._store.count(tenant, left=gone.file.amount, reserved=NOTHING)
            return True

    def _root_is(self, tenant: TenantId, root: TrashedFolder) -> bool:
        held = self._store.trashed_folders.get((tenant, root.folder.id))
        return held is not None and (held.trashed.state, held.trashed.version) == (
            root.state,
            root.version,
        )

    def _take_off(self, tenant: TenantId, trashed: Sequence[TrashedFile]) -> None:
        root_id = trashed[0].within
        if root_id is not None and (tenant, root_id) in self._store.trashed_folders:
            amount = NOTHING - amount_of(gone.file for gone in trashed)
            self._store.change_trashed_files(tenant, root_id, amount)
