"""Move, tag, mark, trash and restore many files in one request."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from larder.domain.errors import NotReachedError
from larder.services.space.trash_file import trash_file
from larder.services.space.update_file import FileChanges, update_file

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from larder.domain.files import File
    from larder.domain.ids import TenantId
    from larder.services.clock import Clock
    from larder.services.files.ports import FileRecords
    from larder.services.space.ports import TrashRecords
    from larder.services.space.restore_file import RestoreFile

NO_CHANGES = FileChanges()

MAX_OPERATIONS = 100
"""The operations of one request: on AWS they take some three seconds."""


class Op(StrEnum):
    """What an operation does to its file."""

    MOVE = "move"
    TAG = "tag"
    FAVORITE = "favorite"
    TRASH = "trash"
    RESTORE = "restore"


@dataclass(frozen=True, slots=True)
class FileOperation:
    """One operation; `changes` are what `move`, `tag` and `favorite` change."""

    op: Op
    file_id: str
    changes: FileChanges = NO_CHANGES


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an operation: `error` says why it changed nothing, None when it is done.

    `file` is the file as it is now, None when it is in the trash.
    """

    operation: FileOperation
    file: File | None = None
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class ChangeFiles:
    """Carry out operations in their order. Each is atomic, and fails on its own."""

    files: FileRecords
    trash: TrashRecords
    restore_file: RestoreFile
    clock: Clock

    def __call__(
        self,
        tenant: TenantId,
        operations: Sequence[FileOperation],
        *,
        keep_going: Callable[[], bool],
    ) -> list[Outcome]:
        """Return the outcome of each; what `keep_going()` leaves has a NotReachedError."""
        return [
            self._outcome(tenant, operation)
            if keep_going()
            else Outcome(operation, error=NotReachedError())
            for operation in operations
        ]

    def _outcome(self, tenant: TenantId, operation: FileOperation) -> Outcome:
        try:
            return Outcome(operation, self._carry_out(tenant, operation))
        except Exception as error:  # noqa: BLE001 - reported; the others have outcomes to report
            return Outcome(operation, error=error)

    def _carry_out(self, tenant: TenantId, operation: FileOperation) -> File | None:
        file_id, files, clock = operation.file_id, self.files, self.clock
        match operation.op:
            case Op.TRASH:
                trash_file(tenant, file_id, files=files, trash=self.trash, clock=clock)
                return None
            case Op.RESTORE:
                return self.restore_file(tenant, file_id)
            case Op.MOVE | Op.TAG | Op.FAVORITE:
                return update_file(tenant, file_id, operation.changes, files=files, clock=clock)
