"""Authenticate a request by its API key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.domain.api_keys import digest_of, is_well_formed

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder.domain.api_keys import KeyRecord
    from larder.services.projects.ports import KeyRecords


def authenticate(
    secret: str | None, *, keys: KeyRecords, pepper: Callable[[], bytes]
) -> KeyRecord | None:
    """Return the key's record; None if the key is missing, malformed, unknown or revoked."""
    if secret is None or not is_well_formed(secret):
        return None
    key = keys.find(digest_of(secret, pepper()))
    return None if key is None or key.revoked_at is not None else key
