"""Signed text: what we hand to a client, and know again as ours when it comes back."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_SIGNATURE_BYTES = 16
"""Half of an HMAC-SHA-256, which RFC 2104 section 5 allows and nobody guesses."""


def sign(message: bytes, bound_to: bytes, key: bytes) -> str:
    """Return the message with a signature, in URL-safe base64. It can be read by anyone.

    The signature covers `bound_to` as well, which is not sent along.
    """
    signed = _signature(message, bound_to, key) + message
    return base64.urlsafe_b64encode(signed).rstrip(b"=").decode()


def signed_message(text: str, bound_to: bytes, keys: Iterable[bytes]) -> bytes | None:
    """Return the message that `sign` made the text of; None for any other text.

    `keys` yields the keys that may have signed it.
    """
    signed = _decoded(text)
    signature, message = signed[:_SIGNATURE_BYTES], signed[_SIGNATURE_BYTES:]
    if any(hmac.compare_digest(signature, _signature(message, bound_to, key)) for key in keys):
        return message
    return None


def _decoded(text: str) -> bytes:
    """Return the bytes of the text, none if it is not base64."""
    try:
        padded = text + "=" * (-len(text) % 4)
        return base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return b""


def _signature(message: bytes, bound_to: bytes, key: bytes) -> bytes:
    # The length fixes where the one ends and the other begins.
    covered = len(bound_to).to_bytes(4) + bound_to + message
    return hmac.digest(key, covered, hashlib.sha256)[:_SIGNATURE_BYTES]
