"""Sessions of the console: what a page holds instead of an API key."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from larder.domain.api_keys import (
    CODE_SECONDS,
    SESSION_SECONDS,
    KeyKind,
    KeyRecord,
    digest_of,
    is_code,
    is_session,
    new_key_id,
    new_secret,
)
from larder.domain.errors import InvalidParameterError, SignInError
from larder.services.projects.authorize import authenticate

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from larder.services.clock import Clock
    from larder.services.projects.ports import KeyRecords


def create_code(tenant: TenantId, *, keys: KeyRecords, pepper: bytes, clock: Clock) -> str:
    """Return a code that one sign-in, within five minutes, can trade for a session."""
    code, _ = _add(KeyKind.CODE, tenant, CODE_SECONDS, keys=keys, pepper=pepper, clock=clock)
    return code


def console_link(base_url: str, code: str, project: str) -> str:
    """Return the link to the console that signs in with `code`.

    A fragment is not sent to a server, so the code is in no log. The project's name is what the
    page calls the project.
    """
    return f"{base_url.removesuffix('/v1')}/console#code={code}&project={quote(project)}"


def open_session(
    secret: str, *, keys: KeyRecords, pepper: bytes, clock: Clock
) -> tuple[str, KeyRecord]:
    """Trade a code or an API key for a session. Return its secret and its record.

    A session of a key ends with the key. A code works once.

    Raises:
        SignInError: the secret is no code and no key, or was used, revoked or has expired.
    """
    parent = None
    if is_code(secret):
        found = keys.take(digest_of(secret, pepper))
        if found is not None and not found.opens(clock()):
            found = None
    else:
        found = authenticate(secret, keys=keys, pepper=lambda: pepper, clock=clock)
        if found is not None and found.kind is not KeyKind.KEY:
            # A session that could be traded for another one would never end.
            found = None
        parent = None if found is None else found.digest
    if found is None:
        raise SignInError
    return _add(
        KeyKind.SESSION,
        found.tenant,
        SESSION_SECONDS,
        parent,
        keys=keys,
        pepper=pepper,
        clock=clock,
    )


def close_session(secret: str, *, keys: KeyRecords, pepper: bytes) -> None:
    """End the session; the gateway lets requests with it in for up to a minute more.

    Raises:
        InvalidParameterError: it is an API key, which only the operator revokes.
    """
    if not is_session(secret):
        message = "Only a session of the console can be ended here. 'larder key revoke' ends a key."
        raise InvalidParameterError(message)
    keys.remove(digest_of(secret, pepper))


def _add(
    kind: KeyKind,
    tenant: TenantId,
    seconds: int,
    parent: str | None = None,
    *,
    keys: KeyRecords,
    pepper: bytes,
    clock: Clock,
) -> tuple[str, KeyRecord]:
    secret, now = new_secret(kind), int(clock())
    record = KeyRecord(
        id=new_key_id(kind),
        tenant=tenant,
        digest=digest_of(secret, pepper),
        hint=secret[-4:],
        created_at=now,
        expires_at=now + seconds,
        parent=parent,
    )
    keys.add(record)
    return secret, record
