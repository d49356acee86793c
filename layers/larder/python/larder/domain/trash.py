"""The trash: files and folders that people deleted, and can have back for a month."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from larder.domain.files import DAY
from larder.domain.quota import NOTHING

if TYPE_CHECKING:
    from larder.domain.files import File
    from larder.domain.folders import Folder
    from larder.domain.ids import FolderId
    from larder.domain.quota import Amount

TRASH_LIFE = 30 * DAY
"""Seconds that a deleted file or folder can be restored."""


@dataclass(frozen=True, slots=True)
class TrashedFile:
    """A file as it was when it was deleted at `deleted_at` (unix seconds), its folder included.

    `within` is the trashed folder that took it along, None for a file that was deleted itself.
    """

    file: File
    deleted_at: int
    within: FolderId | None = None

    @property
    def purge_at(self) -> int:
        """When it is gone for good, in unix seconds: no later than it would have expired."""
        end = self.deleted_at + TRASH_LIFE
        return end if self.file.expires_at is None else min(end, self.file.expires_at)

    def expired(self, now: float) -> bool:
        """Tell whether it can no longer be restored at `now`."""
        return self.purge_at <= now


class TrashState(StrEnum):
    """What is happening to a folder in the trash with all that is in it.

    `FILLING`, then `KEPT`, then `RESTORING` or `PURGING`, in which it is no longer listed.
    """

    FILLING = "filling"
    KEPT = "kept"
    RESTORING = "restoring"
    PURGING = "purging"


@dataclass(frozen=True, slots=True)
class TrashedFolder:
    """A folder as it was when it was deleted at `deleted_at` (unix seconds).

    `within` is the trashed folder that took it along. One that was deleted itself has None, and the
    rest: `path`, the names of the folders that it lay in, from the top; how many folders lay in it,
    at any depth; the files in the trash with it, so far or still; its `state`. `version` is that
    of the tree that it left, by which one deletion of a folder differs from the next.
    """

    folder: Folder
    deleted_at: int
    within: FolderId | None = None
    path: tuple[str, ...] = ()
    folder_count: int = 0
    files: Amount = NOTHING
    state: TrashState = TrashState.FILLING
    version: int = 0

    @property
    def purge_at(self) -> int:
        """When it is gone for good, in unix seconds."""
        return self.deleted_at + TRASH_LIFE

    @property
    def holds_something(self) -> bool:
        """Tell whether anything is in it, or may still be on its way there."""
        return self.state is TrashState.FILLING or self.folder_count > 0 or self.files.files > 0

    @property
    def listed(self) -> bool:
        """Tell whether people see it in the trash."""
        return self.state in {TrashState.FILLING, TrashState.KEPT}

    def expired(self, now: float) -> bool:
        """Tell whether it can no longer be restored at `now`."""
        return self.purge_at <= now
