"""The page sizes of the Space's lists."""

from __future__ import annotations

from larder.domain.errors import InvalidParameterError

MAX_PAGE = 1_000
LONG_PAGE = 100
SHORT_PAGE = 10


def checked_limit(limit: int) -> int:
    """Return `limit`, the most items on a page.

    Raises:
        InvalidParameterError: it is not within 1..1000.
    """
    if not 1 <= limit <= MAX_PAGE:
        raise InvalidParameterError(
            f"limit must be between 1 and {MAX_PAGE}, not {limit}.", param="limit"
        )
    return limit
