"""Cursors: signed positions in a list.

The signature covers the project and the list's parameters, so that a cursor is refused if it was
changed, or comes from another project or from a list with other parameters.
"""

from __future__ import annotations

import json
from dataclasses import astuple
from typing import TYPE_CHECKING

from larder.domain.errors import InvalidParameterError
from larder.domain.signatures import sign, signed_message
from larder.services.space.ports import Position

if TYPE_CHECKING:
    from collections.abc import Iterable

    from larder.domain.ids import TenantId
    from larder.services.space.ports import FileQuery


def cursor_scope(tenant: TenantId, listing: str, query: FileQuery | str | None = None) -> bytes:
    """Return what a cursor is bound to: the project, the list and its parameters."""
    asked = query if query is None or isinstance(query, str) else astuple(query)
    return json.dumps([tenant, listing, asked]).encode()


def cursor_of(position: Position | None, bound_to: bytes, key: bytes) -> str | None:
    """Return the cursor of a position, None for no position: the last page."""
    if position is None:
        return None
    place = json.dumps([position.id, position.key], ensure_ascii=False).encode()
    return sign(place, bound_to, key)


def position_of(cursor: str | None, bound_to: bytes, keys: Iterable[bytes]) -> Position | None:
    """Return the position of a client's cursor, None without a cursor: the beginning.

    `keys` yields the keys that may have signed it.

    Raises:
        InvalidParameterError: this list did not return it for these parameters, or the key that
            signed it has been replaced.
    """
    if cursor is None:
        return None
    place = signed_message(cursor, bound_to, keys)
    if place is None:
        raise InvalidParameterError(
            "The cursor is not valid for this list with these parameters. Repeat the parameters "
            "of the request that returned it, or begin again without a cursor.",
            param="cursor",
        )
    item_id, item_key = json.loads(place)
    return Position(item_id, item_key)
