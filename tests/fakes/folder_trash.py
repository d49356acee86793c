"""The records of folders in the trash, in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from larder.domain.quota import NOTHING
from larder.domain.trash import TrashedFolder, TrashState
from tests.fakes.store import FileRow, TrashedFolderRow, amount_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from larder.domain.files import File
    from larder.domain.folders import Folder
    from larder.domain.ids import FolderId, TenantId
    from larder.domain.trash import TrashedFile
    from larder.services.clock import Clock
    from tests.fakes.store import InMemoryStore


class InMemoryFolderTrash:
    """`FolderTrash` in memory."""

    def __init__(self, store: InMemoryStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def get(self, tenant: TenantId, folder_id: FolderId) -> TrashedFolder | None:
        row = self._store.trashed_folders.get((tenant, folder_id))
        return None if row is None else row.trashed

    def begin(
        self, tenant: TenantId, root: TrashedFolder, others: Sequence[FolderId], due_at: int
    ) -> bool:
        store = self._store
        with store.transaction():
            if (
                store.tree_versions.get(tenant, 0) != root.version
                or (tenant, root.folder.id) in store.trashed_folders
                or not self._live(tenant, [root.folder.id, *others])
            ):
                return False
            store.check_growth(tenant)
            self._close(tenant, root, [root.folder.id, *others])
            store.folders[tenant, root.folder.id].due_at = due_at
            kept = replace(root, folder=_as_kept(root.folder))
            store.trashed_folders[tenant, root.folder.id] = TrashedFolderRow(kept, root.purge_at)
            return True

    def close(self, tenant: TenantId, root: TrashedFolder, folders: Sequence[FolderId]) -> bool:
        with self._store.transaction():
            if not self._is(tenant, root) or not self._live(tenant, folders):
                return False
            self._store.check_growth(tenant)
            self._close(tenant, root, folders)
            return True

    def keep(self, tenant: TenantId, root: TrashedFolder, folder: Folder) -> bool:
        store = self._store
        with store.transaction():
            if not self._is(tenant, root) or not self._closed(tenant, root, folder.id):
                return False
            if (tenant, folder.id) in store.trashed_folders:
                return False
            store.check_growth(tenant)
            del store.folders[tenant, folder.id]
            taken = TrashedFolder(_as_kept(folder), root.deleted_at, within=root.folder.id)
            store.trashed_folders[tenant, folder.id] = TrashedFolderRow(taken, None)
            store.change_tree(tenant)
            return True

    def finish(self, tenant: TenantId, root: TrashedFolder) -> bool:
        with self._store.transaction():
            if not self._is(tenant, root) or not self._closed(tenant, root, root.folder.id):
                return False
            del self._store.folders[tenant, root.folder.id]
            self._set(tenant, root, state=TrashState.KEPT)
            self._store.change_tree(tenant)
            return True

    def turn(self, tenant: TenantId, root: TrashedFolder, state: TrashState, due_at: int) -> bool:
        with self._store.transaction():
            if not self._is(tenant, root):
                return False
            self._set(tenant, root, state=state)
            self._store.trashed_folders[tenant, root.folder.id].due_at = due_at
            return True

    def reschedule(self, tenant: TenantId, root: TrashedFolder, due_at: int) -> None:
        with self._store.transaction():
            if self._is(tenant, root):
                self._store.trashed_folders[tenant, root.folder.id].due_at = due_at

    def folders_in(self, tenant: TenantId, root_id: FolderId) -> list[TrashedFolder]:
        return [
            row.trashed
            for (owner, _), row in self._store.trashed_folders.items()
            if owner == tenant and row.trashed.within == root_id
        ]

    def files_in(self, tenant: TenantId, folder_id: FolderId, limit: int) -> list[TrashedFile]:
        found = [
            gone
            for (owner, _), gone in sorted(self._store.trash.items())
            if owner == tenant and gone.within is not None and gone.file.folder_id == folder_id
        ]
        return found[:limit]

    def reopen(
        self, tenant: TenantId, root: TrashedFolder, folders: Sequence[Folder], tree_version: int
    ) -> bool:
        store = self._store
        with store.transaction():
            parent_id = folders[0].parent_id
            if (
                store.tree_versions.get(tenant, 0) != tree_version
                or not self._is(tenant, root)
                or any((tenant, each.id) in store.folders for each in folders)
                or (parent_id is not None and not store.is_open(tenant, parent_id))
            ):
                return False
            store.check_growth(tenant)
            store.change_tree(tenant)
            store.count_addition(tenant, parent_id)
            for each in folders:
                store.put_folder(tenant, replace(each, restored_with=root.folder.id))
            return True

    def restore(
        self, tenant: TenantId, root: TrashedFolder, files: Sequence[tuple[TrashedFile, File]]
    ) -> bool:
        store = self._store
        with store.transaction():
            folder_id = files[0][1].folder_id
            if (
                not self._is(tenant, root)
                or not all(store.holds(tenant, trashed) for trashed, _ in files)
                or (folder_id is not None and not store.is_open(tenant, folder_id))
            ):
                return False
            store.check_growth(tenant)
            store.count_addition(tenant, folder_id)
            store.count(tenant, left=NOTHING, reserved=NOTHING)
            store.change_trashed_files(
                tenant, root.folder.id, NOTHING - amount_of(file for _, file in files)
            )
            for trashed, file in files:
                del store.trash[tenant, trashed.file.id]
                store.remove(tenant, trashed.file)
                store.files[tenant, file.id] = FileRow.new(file, int(self._clock()))
            return True

    def settle(self, tenant: TenantId, root: TrashedFolder, folder_id: FolderId) -> bool:
        store = self._store
        with store.transaction():
            row = store.folders.get((tenant, folder_id))
            if (
                not self._is(tenant, root)
                or (tenant, folder_id) not in store.trashed_folders
                or row is None
                or row.folder.restored_with != root.folder.id
            ):
                return False
            del store.trashed_folders[tenant, folder_id]
            row.folder = replace(row.folder, restored_with=None)
            return True

    def drop(self, tenant: TenantId, folder_ids: Sequence[FolderId]) -> None:
        with self._store.transaction():
            for each in folder_ids:
                self._store.trashed_folders.pop((tenant, each), None)

    def _is(self, tenant: TenantId, root: TrashedFolder) -> bool:
        held = self.get(tenant, root.folder.id)
        return held is not None and (held.state, held.version) == (root.state, root.version)

    def _set(self, tenant: TenantId, root: TrashedFolder, *, state: TrashState) -> None:
        row = self._store.trashed_folders[tenant, root.folder.id]
        row.trashed = replace(row.trashed, state=state)

    def _live(self, tenant: TenantId, folders: Sequence[FolderId]) -> bool:
        return all((tenant, each) in self._store.folders for each in folders)

    def _closed(self, tenant: TenantId, root: TrashedFolder, folder_id: FolderId) -> bool:
        row = self._store.folders.get((tenant, folder_id))
        return row is not None and row.folder.closed_for == root.folder.id

    def _close(self, tenant: TenantId, root: TrashedFolder, folders: Sequence[FolderId]) -> None:
        for each in folders:
            row = self._store.folders[tenant, each]
            row.folder = replace(row.folder, closed_for=root.folder.id)
        self._store.change_tree(tenant)


def _as_kept(folder: Folder) -> Folder:
    return replace(folder, additions=0, closed_for=None, restored_with=None)
