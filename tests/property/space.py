"""What people do in the Space: files in folders, the trash, and the tree of folders."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from larder.services.space.create_folder import create_folder
from larder.services.space.delete_folder import DeleteFolder
from larder.services.space.purge import empty_trash, purge_one
from larder.services.space.purge_folder import PurgeFolder
from larder.services.space.restore_file import RestoreFile
from larder.services.space.restore_folder import RestoreFolder
from larder.services.space.trash_file import trash_file
from larder.services.space.update_file import FileChanges, update_file
from larder.services.space.update_folder import FolderChanges, update_folder
from tests.property.operations import Operation
from tests.property.world import PLENTY, World, turns

if TYPE_CHECKING:
    from larder.domain.files import File
    from larder.domain.folders import Folder
    from larder.domain.ids import FileId, FolderId, TenantId


class Space(World):
    """A world with people in it.

    Each operation checks, at the moment of its last port call, that what it is about to tell is so.
    """

    def update(self, tenant: TenantId, file_id: FileId, changes: FileChanges) -> Operation:
        """Begin to rename, move, tag or mark a file."""

        def use_case() -> File:
            told = self.ports.make(update_file)(tenant, file_id, changes)
            stored = self.backend.files.get(tenant, file_id)
            assert stored is not None
            assert _as_people_left_it(stored) == _as_people_left_it(told)
            return told

        return Operation("update", use_case)

    def trash(self, tenant: TenantId, file_id: FileId) -> Operation:
        """Begin to move a file to the trash."""
        self.history.trashes.add((tenant, file_id))

        def use_case() -> None:
            self.ports.make(trash_file)(tenant, file_id)
            assert self.backend.files.get(tenant, file_id) is None
            assert self.backend.trash.get(tenant, file_id) is not None

        return Operation("trash", use_case)

    def restore(self, tenant: TenantId, file_id: FileId) -> Operation:
        """Begin to take a file out of the trash."""
        return Operation("restore", lambda: self.ports.make(RestoreFile)(tenant, file_id))

    def purge(self, tenant: TenantId, file_id: FileId) -> Operation:
        """Begin to delete a file in the trash for good."""
        self.history.purges.add((tenant, file_id))

        def use_case() -> None:
            self.ports.make(purge_one)(tenant, file_id)
            assert not self.backend.files.exists(tenant, file_id)

        return Operation("purge", use_case)

    def empty_trash(self, tenant: TenantId, *, patience: int = PLENTY) -> Operation:
        """Begin to delete all that is in the trash, the first `patience` pages at once."""
        self.history.empties.append((tenant, int(self.clock())))
        return Operation(
            "empty_trash",
            lambda: self.ports.make(empty_trash)(tenant, keep_going=turns(patience)),
        )

    def create_folder(
        self, tenant: TenantId, name: str, parent: FolderId | None = None
    ) -> Operation:
        """Begin to make a folder."""

        def use_case() -> Folder:
            told = self.ports.make(create_folder)(tenant, name, parent)
            assert self.backend.folders.get(tenant, told.id) == told
            return told

        return Operation("create_folder", use_case)

    def update_folder(
        self, tenant: TenantId, folder_id: FolderId, changes: FolderChanges
    ) -> Operation:
        """Begin to rename, move or mark a folder."""

        def use_case() -> Folder:
            told = self.ports.make(update_folder)(tenant, folder_id, changes)
            stored = self.backend.folders.get(tenant, folder_id)
            assert stored is not None
            assert replace(stored, additions=0, closed_for=None, restored_with=None) == replace(
                told, additions=0, restored_with=None
            )
            return told

        return Operation("update_folder", use_case)

    def delete_folder(
        self,
        tenant: TenantId,
        folder_id: FolderId,
        *,
        recursive: bool = False,
        patience: int = PLENTY,
    ) -> Operation:
        """Begin to delete a folder, the first `patience` turns of it at once."""
        history = self.history
        (history.recursive_deletes if recursive else history.folder_deletes).add(
            (tenant, folder_id)
        )

        def use_case() -> bool:
            done = self.ports.make(DeleteFolder)(
                tenant, folder_id, recursive=recursive, keep_going=turns(patience)
            )
            stored = self.backend.folders.get(tenant, folder_id)
            gone = stored is None if done else stored is None or stored.deleting
            # Whoever restores it may be faster than the answer.
            assert gone or (tenant, folder_id) in history.folder_restores
            return done

        return Operation("delete_folder", use_case)

    def restore_folder(
        self, tenant: TenantId, folder_id: FolderId, *, patience: int = PLENTY
    ) -> Operation:
        """Begin to take a folder out of the trash, the first `patience` turns of it at once."""
        self.history.folder_restores.add((tenant, folder_id))

        return Operation(
            "restore_folder",
            lambda: self.ports.make(RestoreFolder)(tenant, folder_id, keep_going=turns(patience)),
        )

    def purge_folder(
        self, tenant: TenantId, folder_id: FolderId, *, patience: int = PLENTY
    ) -> Operation:
        """Begin to delete a folder in the trash for good, the first `patience` turns at once."""
        self.history.folder_purges.add((tenant, folder_id))
        return Operation(
            "purge_folder",
            lambda: self.ports.make(PurgeFolder)(tenant, folder_id, keep_going=turns(patience)),
        )


def _as_people_left_it(file: File) -> tuple[object, ...]:
    return (
        file.filename,
        file.folder_id,
        file.tags,
        file.favorite,
        file.revised_at,
        file.revision,
    )
