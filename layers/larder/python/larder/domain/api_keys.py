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
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from larder.domain.ids import TenantId

_KEY = re.compile(r"zk_live_[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """What is kept of a key: `hint` is its last four characters, for people to tell keys apart."""

    id: str
    tenant: TenantId
    digest: str
    hint: str
    created_at: int
    revoked_at: int | None = None


def new_secret() -> str:
    """Return a new key: `zk_live_` and 43 url-safe characters."""
    return "zk_live_" + secrets.token_urlsafe(32)


def new_key_id() -> str:
    """Return a new name for a key, by which it is listed and revoked."""
    return "key_" + secrets.token_hex(8)


def is_well_formed(secret: str) -> bool:
    """Tell whether `secret` could be a key at all, so that junk costs no look-up."""
    return _KEY.fullmatch(secret) is not None


def digest_of(secret: str, pepper: bytes) -> str:
    """Return the HMAC-SHA-256 of the key, in hex: what the Keys table is keyed by."""
    return hmac.new(pepper, secret.encode(), hashlib.sha256).hexdigest()
