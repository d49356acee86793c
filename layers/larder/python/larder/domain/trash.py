"""The trash: files that people deleted, and can have back for a month."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from larder.domain.files import DAY

if TYPE_CHECKING:
    from larder.domain.files import File

TRASH_LIFE = 30 * DAY
"""Seconds that a deleted file can be restored."""


@dataclass(frozen=True, slots=True)
class TrashedFile:
    """A file as it was when it was deleted at `deleted_at` (unix seconds), its folder included."""

    file: File
    deleted_at: int

    @property
    def purge_at(self) -> int:
        """When it is gone for good, in unix seconds: no later than it would have expired."""
        end = self.deleted_at + TRASH_LIFE
        return end if self.file.expires_at is None else min(end, self.file.expires_at)

    def expired(self, now: float) -> bool:
        """Tell whether it can no longer be restored at `now`."""
        return self.purge_at <= now
