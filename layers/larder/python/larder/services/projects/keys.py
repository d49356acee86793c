"""Manage the API keys of projects, for operators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.domain.api_keys import MAX_KEYS, KeyKind, key_lifetime, key_name, new_key
from larder.domain.errors import ConflictError, NotFoundError
from larder.domain.scopes import DEFAULT_SCOPES

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder.domain.api_keys import KeyRecord
    from larder.domain.ids import TenantId
    from larder.domain.scopes import Scope
    from larder.services.clock import Clock
    from larder.services.projects.ports import KeyRecords


def create_key(
    tenant: TenantId,
    *,
    keys: KeyRecords,
    pepper: Callable[[], bytes],
    clock: Clock,
    name: str | None = None,
    scopes: frozenset[Scope] = DEFAULT_SCOPES,
    lifetime: int | None = None,
) -> tuple[str, KeyRecord]:
    """Create a key for the project. Return its secret, which is stored nowhere, and its record.

    It expires after `lifetime` seconds, None for never.

    Raises:
        InvalidParameterError: the name or the lifetime is not acceptable.
        ConflictError: the project has as many keys as it can have. The index that counts them lags
            behind by a moment, so that keys which are created at once may be a few more.
    """
    now = int(clock())
    secret, key = new_key(
        tenant,
        pepper(),
        now,
        name=None if name is None else key_name(name),
        scopes=scopes,
        seconds=None if lifetime is None else key_lifetime(lifetime),
    )
    open_keys = [
        each for each in keys.of_project(tenant) if each.kind is KeyKind.KEY and each.opens(now)
    ]
    if len(open_keys) >= MAX_KEYS:
        raise ConflictError(
            f"The project has {MAX_KEYS} keys, as many as one can have. Revoke one of them first.",
            code="too_many_keys",
            permanent=True,
        )
    keys.add(key)
    return secret, key


def revoke_key(tenant: TenantId, key_id: str, *, keys: KeyRecords, clock: Clock) -> KeyRecord:
    """Revoke the project's key. Requests with it are refused within a minute.

    Raises:
        NotFoundError: the project has no such key.
    """
    for key in keys.of_project(tenant):
        if key.id == key_id:
            keys.revoke(key.digest, int(clock()))
            return key
    raise NotFoundError("Key", key_id)
