"""API keys: 256 random bits that are never stored, only an HMAC of them.

A random key needs no slow password hash; with the pepper outside the table, the table alone is
useless to a thief (NIST SP 800-63B, look-up secrets).
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from larder.domain.errors import InvalidParameterError
from larder.domain.scopes import DEFAULT_SCOPES

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from larder.domain.scopes import Scope

_SECRET = re.compile(r"(?:zk_live|zs)_[A-Za-z0-9_-]{43}")
_CODE = re.compile(r"zc_[A-Za-z0-9_-]{43}")

SESSION_SECONDS = 8 * 3600
"""How long a session of the console lasts."""

CODE_SECONDS = 300
"""How long the code in a sign-in link can be traded for a session."""

MIN_KEY_SECONDS = 60
MAX_KEY_SECONDS = 3650 * 86_400
"""The shortest and the longest life of an API key that expires."""

MAX_GRACE = 90 * 86_400
DEFAULT_GRACE = 7 * 86_400
"""Seconds that a key lives on after it was rotated."""

MAX_KEYS = 100
"""API keys that a project has at once; those that were revoked or have expired do not count."""

_MAX_NAME = 64


class KeyKind(StrEnum):
    """What opens the API, or lets someone in; the ids of each kind begin with it."""

    KEY = "key"
    SESSION = "session"
    """Of the console: ends by itself, and with the key that it was traded for."""
    CODE = "code"
    """In a sign-in link: no key to the API, only to one session."""


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """What is kept of a key: `hint` is its last four characters, for people to tell keys apart.

    `expires_at` is in unix seconds, None if the key does not expire. `parent` is the digest of the
    key that a session was traded for. `last_used_on` is a day in UTC (`2026-01-31`), None if the
    key was never used. `replaced_by` is the id of the key that this one was rotated to.
    """

    id: str
    tenant: TenantId
    digest: str
    hint: str
    created_at: int
    revoked_at: int | None = None
    expires_at: int | None = None
    parent: str | None = None
    name: str | None = None
    scopes: frozenset[Scope] = DEFAULT_SCOPES
    last_used_on: str | None = None
    replaced_by: str | None = None

    @property
    def kind(self) -> KeyKind:
        """What kind of key it is."""
        return KeyKind(self.id.partition("_")[0])

    def opens(self, now: float) -> bool:
        """Tell whether the key is neither revoked nor expired at `now`."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    def use_to_keep(self, now: float) -> str | None:
        """Return the day of `now` if it has to be kept as that of the key's last use.

        The use of a session is not kept.
        """
        today = datetime.fromtimestamp(now, UTC).date().isoformat()
        return None if self.kind is not KeyKind.KEY or self.last_used_on == today else today


_PREFIXES = {KeyKind.KEY: "zk_live_", KeyKind.SESSION: "zs_", KeyKind.CODE: "zc_"}


def prefix(kind: KeyKind) -> str:
    """Return what the secrets of that kind begin with."""
    return _PREFIXES[kind]


def new_secret(kind: KeyKind = KeyKind.KEY) -> str:
    """Return a new secret: the prefix of its kind (`zk_live_`) and 43 url-safe characters."""
    return prefix(kind) + secrets.token_urlsafe(32)


def new_key_id(kind: KeyKind = KeyKind.KEY) -> str:
    """Return a new name for a key, by which it is listed and revoked."""
    return f"{kind}_{secrets.token_hex(8)}"


def new_key(
    tenant: TenantId,
    pepper: bytes,
    now: int,
    kind: KeyKind = KeyKind.KEY,
    *,
    seconds: int | None = None,
    parent: str | None = None,
    name: str | None = None,
    scopes: frozenset[Scope] = DEFAULT_SCOPES,
    key_id: str | None = None,
) -> tuple[str, KeyRecord]:
    """Return the secret of a new key, and its record. It expires after `seconds`, if given."""
    secret = new_secret(kind)
    record = KeyRecord(
        id=key_id or new_key_id(kind),
        tenant=tenant,
        digest=digest_of(secret, pepper),
        hint=secret[-4:],
        created_at=now,
        expires_at=None if seconds is None else now + seconds,
        parent=parent,
        name=name,
        scopes=scopes,
    )
    return secret, record


def key_name(raw: str) -> str:
    """Return `raw` as the name of a key.

    Raises:
        InvalidParameterError: it is not 1 to 64 visible characters and spaces.
    """
    name = raw.strip()
    if not name or len(name) > _MAX_NAME or not name.isprintable():
        raise InvalidParameterError(
            f"A key's name is 1 to {_MAX_NAME} visible characters and spaces.", param="name"
        )
    return name


def key_lifetime(seconds: int) -> int:
    """Return `seconds` as the time that a key lives.

    Raises:
        InvalidParameterError: it is less than a minute, or more than ten years.
    """
    if not MIN_KEY_SECONDS <= seconds <= MAX_KEY_SECONDS:
        raise InvalidParameterError(
            f"A key expires after {MIN_KEY_SECONDS} to {MAX_KEY_SECONDS} seconds (ten years), or "
            "never.",
            param="expires_in",
        )
    return seconds


def with_hex_of(key_id: str, kind: KeyKind) -> str:
    """Return the id of that kind with the digits of another: a session is named by its code."""
    return f"{kind}_{key_id.partition('_')[2]}"


def is_well_formed(secret: str) -> bool:
    """Tell whether `secret` could open the API at all, so that junk costs no look-up."""
    return _SECRET.fullmatch(secret) is not None


def is_code(secret: str) -> bool:
    """Tell whether `secret` could be the code of a sign-in link."""
    return _CODE.fullmatch(secret) is not None


def is_session(secret: str) -> bool:
    """Tell whether `secret` is a session of the console, and no API key."""
    return secret.startswith(prefix(KeyKind.SESSION))


def digest_of(secret: str, pepper: bytes) -> str:
    """Return the HMAC-SHA-256 of the key, in hex: what the Keys table is keyed by."""
    return hmac.new(pepper, secret.encode(), hashlib.sha256).hexdigest()
