"""A JSON value that is known to be well formed, looked at without reading all of it."""

import re
from typing import Final

from msgspec import DecodeError, Raw, ValidationError
from msgspec.json import Decoder

_KINDS: Final = {
    ord('"'): "a string",
    ord("{"): "an object",
    ord("["): "an array",
    ord("t"): "true",
    ord("f"): "false",
    ord("n"): "null",
}
_EMPTY_ARRAY: Final = re.compile(rb"\[[ \t\r\n]*\]")

_decode_text = Decoder(str).decode
skip = Decoder(Raw).decode
"""Raises `DecodeError` or `RecursionError` for what is not one JSON value; reads over texts."""


def check_utf8(text: bytes) -> None:
    """Raises `UnicodeDecodeError` for what is not UTF-8."""
    if not text.isascii():
        text.decode()


def kind_of(value: Raw) -> str:
    """What the value is, as a message says it: "a string", "null", "a number"."""
    return _KINDS.get(memoryview(value)[0], "a number")


def read_text(value: Raw) -> str | None:
    """The value if it is a string."""
    try:
        return _decode_text(value)
    except ValidationError:
        return None


def is_empty(value: Raw) -> bool:
    """Whether the value is the empty string or an empty array."""
    return value == _EMPTY_TEXT or _EMPTY_ARRAY.match(value) is not None


_EMPTY_TEXT: Final = Raw(b'""')


def is_json(text: bytes) -> bool:
    """Whether the bytes, which are UTF-8, are one JSON value."""
    try:
        skip(text)
    except (DecodeError, RecursionError):
        return False
    return True
