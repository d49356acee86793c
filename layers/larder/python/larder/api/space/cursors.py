"""Cursors: signed positions in a list.

The signature covers the project and the list's parameters, so that a cursor is refused if it was
changed, or comes from another project or from a list with other parameters.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import astuple
from typing import TYPE_CHECKING

from larder.domain.errors import InvalidParameterError
from larder.services.space.ports import Position

if TYPE_CHECKING:
    from collections.abc import Iterable

    from larder.domain.ids import TenantId
    from larder.services.space.ports import FileQuery

_SIGNATURE_BYTES = 16
"""Half of an HMAC-SHA-256, which RFC 2104 section 5 allows and nobody guesses."""


def cursor_scope(tenant: TenantId, listing: str, query: FileQuery | str | None = None) -> bytes:
    """Return what a cursor is bound to: the project, the list and its parameters."""
    asked = query if query is None or isinstance(query, str) else astuple(query)
    return json.dumps([tenant, listing, asked]).encode()


def cursor_of(position: Position | None, bound_to: bytes, key: bytes) -> str | None:
    """Return the cursor of a position, None for no position: the last page."""
    if position is None:
        return None
    place = json.dumps([position.id, position.key], ensure_ascii=False).encode()
    signed = _signature(place, bound_to, key) + place
    return base64.urlsafe_b64encode(signed).rstrip(b"=").decode()


def position_of(cursor: str | None, bound_to: bytes, keys: Iterable[bytes]) -> Position | None:
    """Return the position of a client's cursor, None without a cursor: the beginning.

    `keys` yields the keys that may have signed it.

    Raises:
        InvalidParameterError: this list did not return it for these parameters, or the key that
            signed it has been replaced.
    """
    if cursor is None:
        return None
    signed = _decoded(cursor)
    signature, place = signed[:_SIGNATURE_BYTES], signed[_SIGNATURE_BYTES:]
    if not any(hmac.compare_digest(signature, _signature(place, bound_to, key)) for key in keys):
        raise InvalidParameterError(
            "The cursor is not valid for this list with these parameters. Repeat the parameters "
            "of the request that returned it, or begin again without a cursor.",
            param="cursor",
        )
    item_id, item_key = json.loads(place)
    return Position(item_id, item_key)


def _decoded(cursor: str) -> bytes:
    """Return the bytes of a cursor, none if it is not base64."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        return base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return b""


def _signature(place: bytes, bound_to: bytes, key: bytes) -> bytes:
    # The length fixes where the one ends and the other begins.
    message = len(bound_to).to_bytes(4) + bound_to + place
    return hmac.digest(key, message, hashlib.sha256)[:_SIGNATURE_BYTES]
