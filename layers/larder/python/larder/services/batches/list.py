"""List a project's batches, a page at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.domain.errors import InvalidParameterError
from larder.domain.ids import parse_batch_id
from larder.domain.limits import checked_limit

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from larder.services.batches.ports import BatchPage, BatchRecords

MAX_PAGE = 100
DEFAULT_PAGE = 20


def list_batches(
    tenant: TenantId, *, limit: int, after: str | None, batches: BatchRecords
) -> BatchPage:
    """Return the batches created before `after`, the newest first, at most `limit`.

    `after` is a position: the batch need not exist.

    Raises:
        InvalidParameterError: `limit` is outside 1..100, or `after` is malformed.
    """
    position = None if after is None else parse_batch_id(after)
    if after is not None and position is None:
        raise InvalidParameterError(f"'{after[:64]}' is not the id of a batch.", param="after")
    return batches.page(tenant, limit=checked_limit(limit, most=MAX_PAGE), after=position)
