"""Authenticate a request by its API key."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from larder.domain.api_keys import digest_of, is_well_formed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from larder.domain.api_keys import KeyRecord
    from larder.services.clock import Clock
    from larder.services.projects.ports import KeyRecords


def authenticate(
    secret: str | None, *, keys: KeyRecords, pepper: Iterable[bytes], clock: Clock
) -> KeyRecord | None:
    """Return the record of a key or of a console session.

    None if it is missing, malformed, unknown, revoked or expired. A session also ends and expires
    with the key that it was traded for. `pepper` yields the peppers that keys may have been stored
    with, the current one first.
    """
    if secret is None or not is_well_formed(secret):
        return None
    now = clock()
    for each in pepper:
        key = keys.find(digest_of(secret, each))
        if key is not None:
            return _open(key, keys, now)
    return None


def _open(key: KeyRecord, keys: KeyRecords, now: float) -> KeyRecord | None:
    if not key.opens(now):
        return None
    if key.parent is None:
        return key
    parent = keys.find(key.parent)
    if parent is None or not parent.opens(now):
        return None
    ends = [each.expires_at for each in (key, parent) if each.expires_at is not None]
    return replace(key, expires_at=min(ends, default=None))
