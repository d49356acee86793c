"""List the trash, and get one file in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.domain.errors import NotFoundError
from larder.domain.ids import parse_file_id
from larder.services.space.pages import checked_limit

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from larder.domain.trash import TrashedFile
    from larder.services.clock import Clock
    from larder.services.space.ports import Page, Position, TrashRecords


def list_trash(
    tenant: TenantId, *, limit: int, after: Position | None, trash: TrashRecords, clock: Clock
) -> Page[TrashedFile]:
    """Return a page of the trash, last deleted first, at most `limit` (1..1000).

    Raises:
        InvalidParameterError: `limit` is out of range.
    """
    return trash.page(tenant, limit=checked_limit(limit), after=after, now=clock())


def get_trashed_file(
    tenant: TenantId, file_id: str, *, trash: TrashRecords, clock: Clock
) -> TrashedFile:
    """Return the file in the project's trash with that id.

    Raises:
        NotFoundError: the project's trash has no such file.
    """
    parsed = parse_file_id(file_id)
    trashed = None if parsed is None else trash.get(tenant, parsed)
    if trashed is None or trashed.expired(clock()):
        raise NotFoundError("File", file_id)
    return trashed
