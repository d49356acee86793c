"""Folder records in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from larder.domain.filenames import folded
from larder.domain.folders import Folder, FolderTree
from tests.fakes.file_search import page_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from larder.domain.ids import FolderId, TenantId
    from larder.services.space.ports import Page, Position
    from tests.fakes.store import InMemoryStore


class InMemoryFolders:
    """`FolderRecords` in memory."""

    def __init__(self, store: InMemoryStore) -> None:
        self._store = store

    def get(self, tenant: TenantId, folder_id: FolderId) -> Folder | None:
        row = self._store.folders.get((tenant, folder_id))
        return None if row is None else row.folder

    def tree(self, tenant: TenantId) -> FolderTree:
        with self._store.transaction():
            return FolderTree(
                folders={
                    folder_id: row.folder
                    for (owner, folder_id), row in self._store.folders.items()
                    if owner == tenant
                },
                version=self._store.tree_versions.get(tenant, 0),
            )

    def children(
        self, tenant: TenantId, parent: FolderId | None, *, limit: int, after: Position | None
    ) -> Page[Folder]:
        rows = (row.folder for (owner, _), row in self._store.folders.items() if owner == tenant)
        return page_of(
            (((folded(f.name), f.id), f) for f in rows if f.parent_id == parent and not f.deleting),
            limit=limit,
            after=after,
            descending=False,
        )

    def create(
        self,
        tenant: TenantId,
        folder: Folder,
        tree_version: int,
        *,
        nested: Sequence[Folder] = (),
    ) -> bool:
        with self._store.transaction():
            if not self._may_change(tenant, tree_version, folder.parent_id):
                return False
            self._store.check_growth(tenant)
            self._store.change_tree(tenant)
            self._store.count_addition(tenant, folder.parent_id)
            for each in (folder, *nested):
                self._store.put_folder(tenant, each)
            return True

    def revise(self, tenant: TenantId, before: Folder, after: Folder, tree_version: int) -> bool:
        with self._store.transaction():
            row = self._store.folders.get((tenant, after.id))
            moved = after.parent_id if after.parent_id != before.parent_id else None
            if row is None or row.folder.deleting:
                return False
            if not self._may_change(tenant, tree_version, moved):
                return False
            self._store.change_tree(tenant)
            self._store.count_addition(tenant, moved)
            row.folder = replace(
                row.folder, name=after.name, parent_id=after.parent_id, favorite=after.favorite
            )
            return True

    def reschedule(self, tenant: TenantId, folder_id: FolderId, due_at: int) -> None:
        with self._store.transaction():
            row = self._store.folders.get((tenant, folder_id))
            if row is not None and row.folder.deleting:
                row.due_at = due_at

    def remove(self, tenant: TenantId, folder: Folder) -> bool:
        with self._store.transaction():
            row = self._store.folders.get((tenant, folder.id))
            if row is None or row.folder.deleting or row.folder.additions != folder.additions:
                return False
            del self._store.folders[tenant, folder.id]
            self._store.change_tree(tenant)
            return True

    def _may_change(self, tenant: TenantId, seen: int, parent: FolderId | None) -> bool:
        unchanged = self._store.tree_versions.get(tenant, 0) == seen
        return unchanged and (parent is None or self._store.is_open(tenant, parent))
