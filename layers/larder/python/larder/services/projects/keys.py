"""Manage the API keys of projects, for operators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.domain.admin_log import OPERATOR, new_entry
from larder.domain.api_keys import (
    DEFAULT_GRACE,
    MAX_GRACE,
    MAX_KEYS,
    KeyKind,
    key_lifetime,
    key_name,
    new_key,
)
from larder.domain.errors import ConflictError, ForbiddenError, InvalidParameterError, NotFoundError
from larder.domain.scopes import DEFAULT_SCOPES, ordered

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder.domain.admin_log import Action, Actor, LogEntry
    from larder.domain.api_keys import KeyRecord
    from larder.domain.ids import TenantId
    from larder.domain.scopes import Scope
    from larder.services.clock import Clock
    from larder.services.projects.ports import KeyRegister


def create_key(
    tenant: TenantId,
    *,
    register: KeyRegister,
    pepper: Callable[[], bytes],
    clock: Clock,
    name: str | None = None,
    scopes: frozenset[Scope] = DEFAULT_SCOPES,
    lifetime: int | None = None,
    by: Actor = OPERATOR,
) -> tuple[str, KeyRecord]:
    """Create a key for the project. Return its secret, which is stored nowhere, and its record.

    It expires after `lifetime` seconds, None for never.

    Raises:
        InvalidParameterError: the name or the lifetime is not acceptable.
        ForbiddenError: a request asks for the scope `admin`.
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
    _check_scopes(scopes, by)
    _check_room(tenant, now, register)
    register.create(key, _entry("key.create", key, clock(), by))
    return secret, key


def list_keys(tenant: TenantId, *, register: KeyRegister) -> list[KeyRecord]:
    """Return the project's keys and console sessions, the oldest first, also those that ended."""
    # A sign-in link is nothing to look after: it ends by itself after five minutes.
    return [key for key in register.of_project(tenant) if key.kind is not KeyKind.CODE]


def revoke_key(
    tenant: TenantId | None,
    key_id: str,
    *,
    register: KeyRegister,
    clock: Clock,
    by: Actor = OPERATOR,
) -> KeyRecord:
    """Revoke the project's key, or its console session. Return it as it was.

    Requests with it are refused within a minute. `tenant` None is for a key of any project.

    Raises:
        NotFoundError: the project has no such key.
    """
    now = int(clock())
    key = _found(tenant, key_id, register)
    if key.revoked_at is None:
        register.revoke(key.digest, now, _entry("key.revoke", key, clock(), by))
    return key


def rotate_key(
    tenant: TenantId | None,
    key_id: str,
    *,
    register: KeyRegister,
    pepper: Callable[[], bytes],
    clock: Clock,
    grace: int = DEFAULT_GRACE,
    by: Actor = OPERATOR,
) -> tuple[str, KeyRecord]:
    """Create a second key like the first, which then lives for `grace` seconds more at the most.

    It has the name, the scopes and, counted from now, the lifetime of the first. Return its
    secret and its record. `tenant` None is for a key of any project.

    Raises:
        InvalidParameterError: `grace` is negative, or more than 90 days.
        NotFoundError: the project has no such key. A console session does not count as one.
        ForbiddenError: a request asks for a key with the scope `admin`.
        ConflictError: the key has ended or was rotated already, or the project has as many keys as
            it can have.
    """
    if not 0 <= grace <= MAX_GRACE:
        message = f"A key lives on for 0 to {MAX_GRACE} seconds (90 days) after its rotation."
        raise InvalidParameterError(message, param="grace")
    now = int(clock())
    old = _found(tenant, key_id, register)
    if old.kind is not KeyKind.KEY:
        raise NotFoundError("Key", key_id)
    if not old.opens(now) or old.replaced_by is not None:
        raise _ended(old)
    _check_scopes(old.scopes, by)
    _check_room(old.tenant, now, register)
    seconds = None if old.expires_at is None else old.expires_at - old.created_at
    secret, new = new_key(
        old.tenant, pepper(), now, name=old.name, scopes=old.scopes, seconds=seconds
    )
    ends_at = now + grace if old.expires_at is None else min(now + grace, old.expires_at)
    entry = _entry("key.rotate", old, clock(), by, replaced_by=new.id, ends_at=ends_at)
    if not register.replace(old, new, ends_at=ends_at, entry=entry):
        raise _ended(old)
    return secret, new


def _ended(key: KeyRecord) -> ConflictError:
    return ConflictError(
        f"{key.id} has ended or was rotated before. Rotate the key that replaced it, or create "
        "another one.",
        code="key_ended",
        permanent=True,
    )


def _found(tenant: TenantId | None, key_id: str, register: KeyRegister) -> KeyRecord:
    key = register.find_by_id(key_id)
    if key is None or tenant not in {None, key.tenant}:
        raise NotFoundError("Key", key_id)
    return key


def _check_scopes(scopes: frozenset[Scope], by: Actor) -> None:
    # Whoever gets hold of an admin key must not be able to make another one that outlives it.
    if "admin" in scopes and not by.has_aws_credentials:
        raise ForbiddenError(
            "A key with the scope 'admin' is made and rotated with AWS credentials alone: "
            "larder key create PROJECT --scope admin."
        )


def _check_room(tenant: TenantId, now: int, register: KeyRegister) -> None:
    open_keys = [
        each for each in register.of_project(tenant) if each.kind is KeyKind.KEY and each.opens(now)
    ]
    if len(open_keys) >= MAX_KEYS:
        raise ConflictError(
            f"The project has {MAX_KEYS} keys, as many as one can have. Revoke one of them first.",
            code="too_many_keys",
            permanent=True,
        )


def _entry(action: Action, key: KeyRecord, now: float, by: Actor, **details: object) -> LogEntry:
    scopes = " ".join(ordered(key.scopes))
    return new_entry(
        now,
        action,
        key.id,
        key.tenant,
        by,
        name=key.name,
        scopes=scopes,
        expires_at=key.expires_at,
        **details,
    )
