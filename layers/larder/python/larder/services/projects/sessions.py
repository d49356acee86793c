"""Sessions of the console: what a page holds instead of an API key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote

from larder.domain.admin_log import OPERATOR, new_entry
from larder.domain.api_keys import (
    CODE_SECONDS,
    SESSION_SECONDS,
    KeyKind,
    digest_of,
    is_code,
    is_session,
    new_key,
    with_hex_of,
)
from larder.domain.errors import ForbiddenError, InvalidParameterError, SignInError
from larder.domain.scopes import ADMIN_SCOPES, DEFAULT_SCOPES, ordered
from larder.services.projects.authorize import authenticate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from larder.domain.admin_log import Actor
    from larder.domain.api_keys import KeyRecord
    from larder.domain.ids import TenantId
    from larder.services.clock import Clock
    from larder.services.projects.ports import KeyRecords, KeyRegister


class Peppers(Protocol):
    """A secret that may be rotated: its current value, and those that are still accepted."""

    def __call__(self) -> bytes:
        """Return the current value."""

    def __iter__(self) -> Iterator[bytes]:
        """Yield the values that are accepted, the current one first."""


def create_code(
    tenant: TenantId,
    *,
    register: KeyRegister,
    pepper: Callable[[], bytes],
    clock: Clock,
    admin: bool = False,
    by: Actor = OPERATOR,
) -> str:
    """Return a code that one sign-in, within five minutes, can trade for a session.

    An `admin` session manages projects and keys, too. The link is logged: the session that comes
    of it has the digits of the code in its id.
    """
    scopes = ADMIN_SCOPES if admin else DEFAULT_SCOPES
    code, record = new_key(
        tenant, pepper(), int(clock()), KeyKind.CODE, seconds=CODE_SECONDS, scopes=scopes
    )
    scopes_said = " ".join(ordered(scopes))
    entry = new_entry(clock(), "console.link", record.id, tenant, by, scopes=scopes_said)
    register.create(record, entry)
    return code


def console_link(base_url: str, code: str, project: str) -> str:
    """Return the link to the console that signs in with `code`.

    A fragment is not sent to a server, so the code is in no log. The project's name is what the
    page calls the project.
    """
    return f"{base_url.removesuffix('/v1')}/console#code={code}&project={quote(project)}"


def open_session(
    secret: str, *, keys: KeyRecords, pepper: Peppers, clock: Clock
) -> tuple[str, KeyRecord]:
    """Trade a code or an API key for a session. Return its secret and its record.

    A session of a key has the key's scopes, but for `admin`, and ends with the key. A session that
    manages keys needs the code of a link that was made for it. A code works once. `pepper` yields
    the peppers that the secret may have been stored with; called, it returns the current one.

    Raises:
        SignInError: the secret is no code and no key, or was used, revoked or has expired.
        ForbiddenError: the key does not have the scope `console`.
    """
    now = int(clock())
    found = (
        _of_code(secret, keys, pepper, now)
        if is_code(secret)
        else authenticate(secret, keys=keys, pepper=pepper, clock=clock)
    )
    # A session that could be traded for another one would never end.
    if found is None or found.kind is KeyKind.SESSION:
        raise SignInError
    scopes, seconds, parent = found.scopes, SESSION_SECONDS, None
    if found.kind is KeyKind.KEY:
        if "console" not in scopes:
            raise ForbiddenError(
                "Signing in to the console needs a key with the scope 'console', and this key has "
                f"{' + '.join(ordered(scopes))}. Use a link from 'larder console PROJECT' instead."
            )
        scopes, parent = scopes - {"admin"}, found.digest
        if found.expires_at is not None:
            seconds = min(seconds, found.expires_at - now)
    session, record = new_key(
        found.tenant,
        pepper(),
        now,
        KeyKind.SESSION,
        seconds=seconds,
        parent=parent,
        name=found.name,
        scopes=scopes,
        key_id=with_hex_of(found.id, KeyKind.SESSION) if found.kind is KeyKind.CODE else None,
    )
    keys.add(record)
    return session, record


def _of_code(code: str, keys: KeyRecords, pepper: Iterable[bytes], now: int) -> KeyRecord | None:
    taken = (keys.take(digest_of(code, each)) for each in pepper)
    found = next((each for each in taken if each is not None), None)
    return found if found is not None and found.opens(now) else None


def close_session(secret: str, *, keys: KeyRecords, pepper: Iterable[bytes]) -> None:
    """End the session; the gateway lets requests with it in for up to a minute more.

    Raises:
        InvalidParameterError: it is an API key, which only the operator revokes.
    """
    if not is_session(secret):
        message = "Only a session of the console can be ended here. 'larder key revoke' ends a key."
        raise InvalidParameterError(message)
    for each in pepper:
        keys.remove(digest_of(secret, each))
