"""List a project's pending uploads, a page at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.domain.errors import InvalidParameterError
from larder.domain.ids import parse_upload_id
from larder.domain.limits import checked_limit

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from larder.services.clock import Clock
    from larder.services.uploads.ports import UploadPage, UploadRecords

MAX_PAGE = 100
DEFAULT_PAGE = 20


def list_uploads(
    tenant: TenantId, *, limit: int, after: str | None, uploads: UploadRecords, clock: Clock
) -> UploadPage:
    """Return the pending uploads created before `after`, the newest first, at most `limit`.

    These are what the project's quota is reserved for: an upload past its `expires_at` is among
    them while a PUT that began in time may still be running. `after` is a position: the upload
    need not exist.

    Raises:
        InvalidParameterError: `limit` is outside 1..100, or `after` is malformed.
        ContentionError: so many uploads have just ended that one request cannot read past them.
    """
    position = None if after is None else parse_upload_id(after)
    if after is not None and position is None:
        raise InvalidParameterError(f"'{after[:64]}' is not the id of an upload.", param="after")
    return uploads.page(
        tenant, limit=checked_limit(limit, most=MAX_PAGE), after=position, now=clock()
    )
