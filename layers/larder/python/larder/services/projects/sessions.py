"""Sessions of the console: what a page holds instead of an API key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote

from larder.domain.api_keys import (
    CODE_SECONDS,
    SESSION_SECONDS,
    KeyKind,
    digest_of,
    is_code,
    is_session,
    new_key,
)
from larder.domain.errors import InvalidParameterError, SignInError
from larder.services.projects.authorize import authenticate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from larder.domain.api_keys import KeyRecord
    from larder.domain.ids import TenantId
    from larder.services.clock import Clock
    from larder.services.projects.ports import KeyRecords


class Peppers(Protocol):
    """A secret that may be rotated: its current value, and those that are still accepted."""

    def __call__(self) -> bytes:
        """Return the current value."""

    def __iter__(self) -> Iterator[bytes]:
        """Yield the values that are accepted, the current one first."""


def create_code(
    tenant: TenantId, *, keys: KeyRecords, pepper: Callable[[], bytes], clock: Clock
) -> str:
    """Return a code that one sign-in, within five minutes, can trade for a session."""
    code, record = new_key(tenant, pepper(), int(clock()), KeyKind.CODE, seconds=CODE_SECONDS)
    keys.add(record)
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

    A session of a key ends with the key. A code works once. `pepper` yields the peppers that the
    secret may have been stored with; called, it returns the current one.

    Raises:
        SignInError: the secret is no code and no key, or was used, revoked or has expired.
    """
    parent = None
    if is_code(secret):
        taken = (keys.take(digest_of(secret, each)) for each in pepper)
        found = next((each for each in taken if each is not None), None)
        if found is not None and not found.opens(clock()):
            found = None
    else:
        found = authenticate(secret, keys=keys, pepper=pepper, clock=clock)
        if found is not None and found.kind is not KeyKind.KEY:
            # A session that could be traded for another one would never end.
            found = None
        parent = None if found is None else found.digest
    if found is None:
        raise SignInError
    session, record = new_key(
        found.tenant,
        pepper(),
        int(clock()),
        KeyKind.SESSION,
        seconds=SESSION_SECONDS,
        parent=parent,
    )
    keys.add(record)
    return session, record


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
