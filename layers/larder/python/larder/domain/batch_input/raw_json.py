"""JSON that is looked at without being decoded, or only a text of it."""

import re
from typing import Final

from msgspec import DecodeError, Raw, ValidationError
from msgspec.json import Decoder

MALFORMED: Final = (DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding and `check_utf8` raise for bytes that are not JSON of the type wanted."""

QUOTE: Final = ord('"')

_KINDS: Final = {
    QUOTE: "a string",
    ord("{"): "an object",
    ord("["): "an array",
    ord("t"): "true",
    ord("f"): "false",
    ord("n"): "null",
}
_EMPTY_TEXT: Final = Raw(b'""')
_EMPTY_ARRAY: Final = re.compile(rb"\[[ \t\r\n]*\]")

_decode_text = Decoder(str).decode
check_json = Decoder(Raw).decode
"""Raises `DecodeError` or `RecursionError` for what is not one JSON value.

Looks at every byte except for whether strings are UTF-8. Returns the value.
"""


def check_utf8(text: bytes) -> None:
    """Raise `UnicodeDecodeError` for what is not UTF-8."""
    if not text.isascii():
        text.decode()


def is_json(text: bytes) -> bool:
    """Whether the bytes, which are UTF-8, are one JSON value."""
    try:
        check_json(text)
    except (DecodeError, RecursionError):
        return False
    return True


def is_text(text: bytes) -> bool:
    """Whether the bytes begin as a JSON string that is not empty, and are that one value."""
    if not text.startswith(b'"') or text.startswith(b'""'):
        return False
    try:
        check_json(text)
        check_utf8(text)
    except MALFORMED:
        return False
    return True


def kind_of(value: Raw) -> str:
    """What the well-formed value is, as a message says it: "a string", "null", "a number"."""
    return _KINDS.get(memoryview(value)[0], "a number")


def read_text(value: Raw) -> str | None:
    """The well-formed value if it is a string."""
    try:
        return _decode_text(value)
    except ValidationError:
        return None


def is_empty(value: Raw) -> bool:
    """Whether the well-formed value is the empty string or an empty array."""
    return value == _EMPTY_TEXT or _EMPTY_ARRAY.match(value) is not None
