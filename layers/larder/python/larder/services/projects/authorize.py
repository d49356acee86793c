"""Authenticate a request by its API key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.domain.api_keys import digest_of, is_well_formed

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder.domain.api_keys import KeyRecord
    from larder.services.clock import Clock
    from larder.services.projects.ports import KeyRecords


def authenticate(
    secret: str | None, *, keys: KeyRecords, pepper: Callable[[], bytes], clock: Clock
) -> KeyRecord | None:
    """Return the record of a key or of a console session.

    None if it is missing, malformed, unknown, revoked or expired. A session also ends with the key
    that it was traded for.
    """
    if secret is None or not is_well_formed(secret):
        return None
    now = clock()
    key = keys.find(digest_of(secret, pepper()))
    if key is None or not key.opens(now):
        return None
    if key.parent is not None:
        parent = keys.find(key.parent)
        if parent is None or not parent.opens(now):
            return None
    return key
