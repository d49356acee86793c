"""Restore a file from the trash."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from larder.domain.errors import ContentionError, NotFoundError
from larder.domain.files import FileStatus
from larder.domain.trash import TrashState
from larder.services.budget import attempts
from larder.services.space.list_trash import get_trashed_file
from larder.services.space.trash_folder import busy

if TYPE_CHECKING:
    from larder.domain.files import File
    from larder.domain.ids import TenantId
    from larder.domain.trash import TrashedFile
    from larder.services.clock import Clock
    from larder.services.files.ports import ValidationQueue
    from larder.services.space.folder_trash import FolderTrash
    from larder.services.space.old_place import OldPlace
    from larder.services.space.ports import TrashRecords


@dataclass(frozen=True, slots=True)
class RestoreFile:
    """Restore a file, also one that was deleted with its folder."""

    trash: TrashRecords
    folder_trash: FolderTrash
    old_place: OldPlace
    validation_queue: ValidationQueue
    clock: Clock

    def __call__(self, tenant: TenantId, file_id: str) -> File:
        """Restore the file to its folder and return it.

        If that is in the trash, to a folder of the same path, which is made anew if it is gone. If
        nothing is known of it any more, to the root.

        Raises:
            NotFoundError: the project's trash has no such file.
            ConflictError: the folder that it was deleted with is being restored.
            ContentionError: too many concurrent changes to the file or the project's folders.
            ProjectFullError: the project has as many records as it can have.
        """
        for _ in attempts():
            trashed = get_trashed_file(tenant, file_id, trash=self.trash, clock=self.clock)
            self._check_folder(tenant, trashed)
            # A new revision: a change that is based on an older read must fail.
            file = replace(trashed.file, revision=trashed.file.revision + 1)
            try:
                restored = self.trash.restore(tenant, trashed, file)
            except NotFoundError:
                file = self._elsewhere(tenant, file)
                restored = self._restored(tenant, trashed, file)
            if restored:
                break
        else:
            raise ContentionError
        if file.status is FileStatus.UPLOADED:
            # Its bytes may have arrived while it was in the trash.
            self.validation_queue.enqueue(tenant, file.id)
        return file

    def _elsewhere(self, tenant: TenantId, file: File) -> File:
        """Return the file in a folder that is there, its own being gone."""
        if file.folder_id is None:
            return file
        return replace(file, folder_id=self.old_place.again(tenant, file.folder_id))

    def _restored(self, tenant: TenantId, trashed: TrashedFile, file: File) -> bool:
        try:
            return self.trash.restore(tenant, trashed, file)
        except NotFoundError:
            # That folder is gone by now as well.
            return False

    def _check_folder(self, tenant: TenantId, trashed: TrashedFile) -> None:
        if trashed.within is None:
            return
        root = self.folder_trash.get(tenant, trashed.within)
        if root is None or root.state is TrashState.PURGING:
            raise NotFoundError("File", trashed.file.id)
        if root.state is TrashState.RESTORING:
            raise busy(trashed.within, "being restored, with this file in it")
