"""Attribute values of items, such as `{"S": "a name"}`, in moto's answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.core.serialize import ResponseSerializer

if TYPE_CHECKING:
    from moto.core.model import Shape

TYPES = {"S", "N", "B", "SS", "NS", "BS", "M", "L", "NULL", "BOOL"}


def look_up_types_once() -> None:
    """Let moto see at a glance that a value has no other type than its own.

    For each of the nine others it would try every way in which an attribute may be spelled.
    """
    get_value = ResponseSerializer.get_value

    def get(self: ResponseSerializer, value: Any, key: str, shape: Shape) -> Any:
        if key in TYPES and isinstance(value, dict) and value.keys() <= TYPES:
            return value.get(key)
        return get_value(self, value, key, shape)

    ResponseSerializer.get_value = get  # type: ignore[method-assign]
