"""A file's bytes on their way to a client: which part of them, and whether they are text."""

from __future__ import annotations

import re

from larder.domain.limits import MAX_INLINE_BYTES

_RANGE = re.compile(r"bytes=(?:([0-9]+)-([0-9]*)|-[0-9]+)", re.IGNORECASE)
_CONTROLS = bytes(range(32))
_ESCAPED_BYTES = 6
"""What a control character takes in JSON, at the most."""


def single_range(header: str) -> str | None:
    """Return a `Range` header if it names one range of bytes, None when it is to be ignored.

    RFC 9110, 14.2: a server ignores another unit, and a range whose end lies before its beginning.
    Several ranges it may ignore, and gives the whole.
    """
    found = _RANGE.fullmatch(header)
    if found is None:
        return None
    first, last = found.groups()
    if first and last and int(last) < int(first):
        return None
    return header


def sendable_as_text(data: bytes) -> bool:
    """Tell whether bytes survive as the text of a JSON answer, and still fit into one.

    UTF-8 does, but for NUL, which not every JSON reader takes.
    """
    if b"\x00" in data:
        return False
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    controls = len(data) - len(data.translate(None, _CONTROLS))
    escaped = data.count(b'"') + data.count(b"\\") + (_ESCAPED_BYTES - 1) * controls
    return len(data) + escaped <= MAX_INLINE_BYTES + MAX_INLINE_BYTES // 4
