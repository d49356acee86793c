"""List a project's files, one page at a time."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from larder.domain.errors import InvalidParameterError
from larder.domain.files import NEVER_STORED, Purpose
from larder.domain.ids import parse_file_id
from larder.domain.limits import MAX_INLINE_BYTES, checked_limit
from larder.services.files.ports import FilePage, PageQuery

if TYPE_CHECKING:
    from larder.domain.files import File
    from larder.domain.ids import FileId, TenantId
    from larder.services.clock import Clock
    from larder.services.files.ports import FileRecords

MAX_PAGE = 10_000

_FIELDS_BYTES = 320
"""The size of a file in JSON without its filename and status_details, rounded up."""


def list_files(
    tenant: TenantId,
    *,
    limit: int,
    after: str | None,
    order: str,
    purpose: str | None,
    files: FileRecords,
    clock: Clock,
) -> FilePage:
    """Return the files after the position `after` by creation time, at most `limit`.

    `order` is `desc` (newest first) or `asc`. `after` is a position: no file needs to have that id.

    Raises:
        InvalidParameterError: a parameter is out of range or malformed.
    """
    never_stored = purpose in NEVER_STORED
    query = PageQuery(
        limit=checked_limit(limit, most=MAX_PAGE),
        after=None if after is None else _position(after),
        newest_first=_newest_first(order),
        purpose=None if purpose is None or never_stored else _purpose(purpose),
    )
    if never_stored:
        return FilePage(files=(), has_more=False)
    page = files.page(tenant, query, clock())
    ends = accumulate(_wire_bytes(file) for file in page.files)
    fitting = sum(end <= MAX_INLINE_BYTES for end in ends)
    if fitting == len(page.files):
        return page
    return FilePage(files=page.files[:fitting], has_more=True)


def _wire_bytes(file: File) -> int:
    # JSON takes two bytes for a quote or a backslash, and the UTF-8 length for all others.
    return _FIELDS_BYTES + 2 * len(file.filename.encode()) + 2 * len(file.status_details or "")


def _position(after: str) -> FileId:
    parsed = parse_file_id(after)
    if parsed is None:
        raise InvalidParameterError(
            f"after must be a file id ('file-' and 24 hex digits), not '{after[:64]}'.",
            param="after",
        )
    return parsed


def _newest_first(order: str) -> bool:
    if order not in {"asc", "desc"}:
        raise InvalidParameterError(
            f"order must be 'asc' or 'desc', not '{order[:64]}'.", param="order"
        )
    return order == "desc"


def _purpose(raw: str) -> Purpose:
    if raw not in Purpose:
        raise InvalidParameterError(
            f"'{raw[:64]}' is not a purpose; the purposes are "
            f"{', '.join([*Purpose, *NEVER_STORED])}.",
            param="purpose",
        )
    return Purpose(raw)
