"""The body of a form that is sent to the API, read back while it is streamed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from multipart import (  # type: ignore[import-untyped]
    MultipartSegment,
    PushMultipartParser,
    parse_options_header,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class FileStart:
    """The beginning of the form's file, of `size` bytes; `name` is the name of its field."""

    name: str
    filename: str
    mime_type: str
    size: int


class FormBody:
    """Reads a form whose file is its last field, as the SDKs for Python write it.

    Only the last field's size follows from the length of the whole body.
    """

    def __init__(self, content_type: str, length: int) -> None:
        boundary = parse_options_header(content_type)[1].get("boundary", "")
        self.fields: dict[str, str] = {}
        self._parser = PushMultipartParser(boundary, length)
        self._length = length
        self._end = len(f"\r\n--{boundary}--\r\n".encode())
        self._read = 0
        self._field: MultipartSegment | None = None
        self._value = bytearray()
        self._in_file = False

    def read(self, block: bytes) -> Iterator[FileStart | bytes | bytearray]:
        """Yield the start of the file, and then its bytes; other fields are kept in `fields`.

        Raises:
            ValueError: the body is no form, or something follows the file.
        """
        start = 0
        while start < len(block):
            # Up to the file, line by line: the parser has read the field's headers, and nothing of
            # its bytes, when it has read the empty line between them.
            end = len(block) if self._in_file else block.find(b"\n", start) + 1 or len(block)
            piece = block if (start, end) == (0, len(block)) else block[start:end]
            self._read += len(piece)
            start = end
            for event in self._parser.parse(piece):
                yield from self._taken(event)

    def _taken(
        self, event: MultipartSegment | bytes | bytearray | None
    ) -> Iterator[FileStart | bytes | bytearray]:
        if isinstance(event, MultipartSegment):
            if self._in_file:
                raise ValueError("The file has to be the last field of its form.")
            self._field = event
            if event.filename is None:
                return
            self._in_file = True
            yield FileStart(
                name=event.name or "",
                filename=event.filename,
                mime_type=event.content_type or "application/octet-stream",
                size=self._length - self._read - self._end,
            )
        elif self._in_file:
            if event is not None:
                yield event
        elif event is not None:
            self._value += event
        elif self._field is not None:
            self.fields[self._field.name or ""] = self._value.decode("utf-8", "replace")
            self._value.clear()
