"""Server-sent events, parsed from pieces of bytes as they arrive.

https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_EVENT = 2**20
"""Bytes of an event's data, with the line that has not ended."""

_BOM = b"\xef\xbb\xbf"
_LINE_END = re.compile(rb"\r\n|\r|\n")


class EventTooLargeError(ValueError):
    """An event has more than `MAX_EVENT` bytes."""


class EventParser:
    """Finds the events in one response. An event that the response breaks off in is dropped."""

    def __init__(self) -> None:
        self._line: list[bytes] = []
        self._data: list[bytes] = []
        self._name = b""
        self._size = 0
        self._at_start = True
        self._after_cr = False

    def feed(self, piece: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Yield the name and the data of each event that ends in this piece.

        An event without a name is called `message`.

        Raises:
            EventTooLargeError: an event is too large.
        """
        if self._after_cr and piece.startswith(b"\n"):
            piece = piece[1:]
            self._after_cr = False
        if not piece:
            return
        self._after_cr = piece.endswith(b"\r")
        *ended, rest = _LINE_END.split(piece)
        for end in ended:
            self._keep(end)
            line = b"".join(self._line)
            self._size -= len(line)
            self._line = []
            if line:
                self._take(line)
                continue
            if self._data:
                yield self._name or b"message", b"\n".join(self._data)
            self._name, self._data, self._size = b"", [], 0
        self._keep(rest)

    def _keep(self, part: bytes) -> None:
        self._size += len(part)
        if self._size > MAX_EVENT:
            raise EventTooLargeError
        self._line.append(part)

    def _take(self, line: bytes) -> None:
        if self._at_start:
            line = line.removeprefix(_BOM)
            self._at_start = False
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        # A comment has no name; `id` and `retry` are for whoever connects again.
        if name == b"data":
            self._data.append(value)
            self._size += len(value) + 1
        elif name == b"event":
            self._name = value
