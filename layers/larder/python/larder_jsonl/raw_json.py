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
_CONTINUATIONS: Final = range(0x80, 0xC0)
_DECODED_AT_ONCE: Final = 64 * 1024
# A string of 512 characters has at most as many bytes in JSON: two escapes for each.
_LONG_TEXT: Final = 8192
_LONGEST_ESCAPE: Final = len(r"\ud83d\ude00")
_EMPTY_TEXT: Final = Raw(b'""')
_EMPTY_ARRAY: Final = re.compile(rb"\[[ \t\r\n]*\]")

_decode_text = Decoder(str).decode
check_json = Decoder(Raw).decode
"""Raises `DecodeError` or `RecursionError` for what is not one JSON value.

Looks at every byte except for whether strings are UTF-8. Returns the value.
"""


def check_utf8(text: bytes) -> None:
    """Raise `UnicodeDecodeError` for what is not UTF-8. Takes little memory, however long it is."""
    if text.isascii():
        return
    start, length = 0, len(text)
    if length <= _DECODED_AT_ONCE:
        text.decode()
        return
    while length - start > _DECODED_AT_ONCE:
        end = start + _DECODED_AT_ONCE
        # A character has at most three bytes after its first one.
        while end > start + _DECODED_AT_ONCE - 3 and text[end] in _CONTINUATIONS:
            end -= 1
        _decode_utf8(text, start, end)
        start = end
    _decode_utf8(text, start, length)


def _decode_utf8(text: bytes, start: int, end: int) -> None:
    try:
        text[start:end].decode()
    except UnicodeDecodeError as error:
        error.start += start
        raise


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
    """The well-formed value if it is a string; of a long one, only a start of over 512 characters.

    So what a line costs in memory does not depend on how long its ids and names are.
    """
    if len(value) > _LONG_TEXT and kind_of(value) == "a string":
        return _start_of_text(bytes(memoryview(value)[:_LONG_TEXT]))
    try:
        return _decode_text(value)
    except ValidationError:
        return None


def _start_of_text(start: bytes) -> str:
    """The text of a string that is cut off, without the character or escape that is cut."""
    for cut in range(_LONGEST_ESCAPE + 1):
        try:
            return _decode_text(start[: len(start) - cut] + b'"')
        except MALFORMED:  # noqa: PERF203 - free since Python 3.11
            continue
    raise AssertionError(start)


def is_empty(value: Raw) -> bool:
    """Whether the well-formed value is the empty string or an empty array."""
    return value == _EMPTY_TEXT or _EMPTY_ARRAY.match(value) is not None
