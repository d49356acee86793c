"""Apply an edit: one call of a use case of the Space."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from larder.domain.edits import FileEdit, FilePlace, FolderEdit, FolderMade, FolderPlace, NewText
from larder.domain.errors import ConflictError
from larder.domain.files import Purpose
from larder.domain.folders import ROOT
from larder.domain.ids import FileId, FolderId
from larder.domain.quota import Held
from larder.services.budget import time_for
from larder.services.files.create import CreateFile, NewFile
from larder.services.files.get import get_file
from larder.services.space.create_folder import create_folder
from larder.services.space.get_folder import get_folder
from larder.services.space.list_trash import taken_along_by
from larder.services.space.trash_file import trash_file
from larder.services.space.update_file import FileChanges, update_file
from larder.services.space.update_folder import FolderChanges, update_folder

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder.domain.edits import Edit
    from larder.domain.folders import Folder
    from larder.domain.ids import TenantId
    from larder.services.budget import Stopwatch
    from larder.services.clock import Clock
    from larder.services.files.ports import FileRecords
    from larder.services.object_store import ObjectStore
    from larder.services.space.delete_folder import DeleteFolder
    from larder.services.space.folder_trash import FolderTrash
    from larder.services.space.ports import FolderRecords, TrashRecords
    from larder.services.space.restore_file import RestoreFile
    from larder.services.space.restore_folder import RestoreFolder

FOLDER_SECONDS = 1
"""Seconds that a request moves what is in a folder; the rest follows in the background.

A plan of 20 folders has to be carried out within one request.
"""


class ChangedSinceError(ConflictError):
    """What an edit would change is no longer as it was."""

    def __init__(self, object_id: str, what: str) -> None:
        super().__init__(
            f"The {what} of {object_id} has been changed since. It was left as it is.",
            code="changed_since",
            permanent=True,
        )


class FolderInTrashError(ConflictError):
    """What an edit would restore lay in a folder that is in the trash.

    Restored alone, it would come to a new folder of the same path, which no undo takes away.
    """

    def __init__(self, object_id: str, folder: Folder) -> None:
        super().__init__(
            f"{object_id} lay in a folder that is in the trash too, with '{folder.name}'. Restore "
            f"that first, with restore_folder: {folder.id} in list_trash.",
            code="folder_in_trash",
            permanent=True,
        )


@dataclass(frozen=True, slots=True)
class ApplyEdit:
    """Apply an edit if what it changes is as the edit says.

    A role that runs this needs no right to delete objects or to write the ledger of quota, without
    which nothing can be deleted for good.
    """

    files: FileRecords
    folders: FolderRecords
    trash: TrashRecords
    folder_trash: FolderTrash
    objects: ObjectStore
    restore_file: RestoreFile
    delete_folder: DeleteFolder
    restore_folder: RestoreFolder
    clock: Clock
    stopwatch: Stopwatch
    pause: Callable[[float], None]

    def __call__(self, tenant: TenantId, edit: Edit) -> None:
        """Apply the edit.

        Raises:
            LarderError: it cannot be applied; nothing has changed.
        """
        match edit:
            case FileEdit():
                self._edit_file(tenant, edit)
            case FilePlace(file_id, trashed=True):
                trash_file(tenant, file_id, files=self.files, trash=self.trash, clock=self.clock)
            case FilePlace(file_id):
                self._restore_file(tenant, FileId(file_id))
            case NewText():
                self._create_text(tenant, edit)
            case FolderEdit():
                self._edit_folder(tenant, edit)
            case FolderMade(made=True):
                create_folder(
                    tenant,
                    edit.name,
                    edit.parent,
                    folders=self.folders,
                    clock=self.clock,
                    pause=self.pause,
                    folder_id=FolderId(edit.folder_id),
                )
            case FolderMade():
                self.delete_folder(tenant, edit.folder_id, recursive=False, keep_going=lambda: True)
            case FolderPlace(folder_id, trashed=True):
                keep_going = time_for(FOLDER_SECONDS, self.stopwatch)
                self.delete_folder(tenant, folder_id, recursive=True, keep_going=keep_going)
            case FolderPlace(folder_id):
                self._restore_folder(tenant, FolderId(folder_id))

    def _restore_file(self, tenant: TenantId, file_id: FileId) -> None:
        trashed = self.trash.get(tenant, file_id)
        if trashed is not None:
            self._check_place(tenant, file_id, trashed.file.folder_id)
        self.restore_file(tenant, file_id)

    def _restore_folder(self, tenant: TenantId, folder_id: FolderId) -> None:
        kept = self.folder_trash.get(tenant, folder_id)
        if kept is not None:
            self._check_place(tenant, folder_id, kept.folder.parent_id)
        keep_going = time_for(FOLDER_SECONDS, self.stopwatch)
        self.restore_folder(tenant, folder_id, keep_going=keep_going)

    def _check_place(self, tenant: TenantId, object_id: str, folder_id: FolderId | None) -> None:
        """Refuse to restore what lay in a folder that is in the trash."""
        if folder_id is None:
            return
        root = taken_along_by(tenant, folder_id, folder_trash=self.folder_trash, clock=self.clock)
        if root is not None:
            raise FolderInTrashError(object_id, root.folder)

    def _edit_file(self, tenant: TenantId, edit: FileEdit) -> None:
        file = get_file(tenant, edit.file_id, files=self.files, clock=self.clock)
        if edit.name is not None and file.filename != edit.name[0]:
            raise ChangedSinceError(edit.file_id, "name")
        if edit.folder is not None and (file.folder_id or ROOT) != edit.folder[0]:
            raise ChangedSinceError(edit.file_id, "folder")
        changes = FileChanges(
            name=None if edit.name is None else edit.name[1],
            folder=None if edit.folder is None else edit.folder[1],
            add_tags=edit.added,
            remove_tags=edit.removed,
            favorite=None if edit.favorite is None else edit.favorite[1],
        )
        update_file(tenant, edit.file_id, changes, files=self.files, clock=self.clock)

    def _edit_folder(self, tenant: TenantId, edit: FolderEdit) -> None:
        folder = get_folder(tenant, edit.folder_id, folders=self.folders)
        if edit.name is not None and folder.name != edit.name[0]:
            raise ChangedSinceError(edit.folder_id, "name")
        if edit.parent is not None and (folder.parent_id or ROOT) != edit.parent[0]:
            raise ChangedSinceError(edit.folder_id, "parent")
        changes = FolderChanges(
            name=None if edit.name is None else edit.name[1],
            parent=None if edit.parent is None else edit.parent[1],
        )
        update_folder(tenant, edit.folder_id, changes, folders=self.folders, pause=self.pause)

    def _create_text(self, tenant: TenantId, edit: NewText) -> None:
        create = CreateFile(
            files=self.files,
            objects=self.objects,
            # To make room is to delete for good: that is for people and the sweeper.
            reclaim=lambda _: False,
            held_quota=lambda _: Held(trashed=0, reserved_until=None, exact=False),
            clock=self.clock,
        )
        new = NewFile(
            filename=edit.name,
            data=edit.content.encode(),
            purpose=Purpose.USER_DATA,
            folder_id=edit.folder,
            id=FileId(edit.file_id),
        )
        create(tenant, new)
