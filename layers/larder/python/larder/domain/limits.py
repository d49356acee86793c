"""Limits that several operations share."""

from __future__ import annotations

from larder.domain.errors import InvalidParameterError

MAX_INLINE_BYTES = 4 * 2**20
"""Bytes of an answer: with base64 and headers they fit the 6 MB that Lambda may answer."""

MAX_BATCH_FILE_BYTES = 2 * 2**30
"""Bytes of a batch file unless the deployment says otherwise: one run of the worker reads them."""

URL_LIFETIME = 300
"""Seconds that a presigned download stays valid unless the client asks for another time."""


def checked_limit(limit: int, *, most: int) -> int:
    """Return `limit`, the most items on a page of a list that OpenAI has as well.

    Raises:
        InvalidParameterError: it is not within 1..`most`; the codes are OpenAI's.
    """
    if limit > most:
        raise InvalidParameterError(
            f"limit must be at most {most}, not {limit}.",
            param="limit",
            code="integer_above_max_value",
        )
    if limit < 1:
        raise InvalidParameterError(
            f"limit must be at least 1, not {limit}.",
            param="limit",
            code="integer_below_min_value",
        )
    return limit
