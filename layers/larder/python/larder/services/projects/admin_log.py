"""Read the operators' log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.domain.errors import InvalidParameterError
from larder.domain.ids import is_log_id
from larder.domain.limits import checked_limit

if TYPE_CHECKING:
    from larder.services.projects.ports import AdminLog, LogPage

MAX_PAGE = 100
DEFAULT_PAGE = 20


def list_entries(*, limit: int, after: str | None, log: AdminLog) -> LogPage:
    """Return up to `limit` entries before the entry `after`, which need not exist, newest first.

    Raises:
        InvalidParameterError: `limit` is outside 1..100, or `after` is malformed.
    """
    if after is not None and not is_log_id(after):
        message = f"'{after[:64]}' is not the id of an entry of the log."
        raise InvalidParameterError(message, param="after")
    return log.page(limit=checked_limit(limit, most=MAX_PAGE), after=after)
