"""What upkeep needs of the outside world: what falls due."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

    from larder.domain.ids import FileId, FolderId, TenantId, UploadId


@dataclass(frozen=True, slots=True)
class DueWork:
    """Something that the sweeper has to look at.

    A file, `trashed` or live, an upload, or a folder that is being deleted; or, when none is set,
    the project's counters, for an audit.
    """

    tenant: TenantId
    file_id: FileId | None = None
    upload_id: UploadId | None = None
    folder_id: FolderId | None = None
    trashed: bool = False


class Deadlines(Protocol):
    """What falls due: expiries and what should have happened by now. May lag by a second."""

    def expired(self, tenant: TenantId, now: float) -> Iterable[DueWork]:
        """Yield the project's files, trashed and live, and uploads that have expired at `now`."""

    def due(self, now: float) -> Iterable[DueWork]:
        """Yield what the sweeper has to look at, of every project."""
