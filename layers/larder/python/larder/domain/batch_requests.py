"""The rules that bind the requests of one file together, and the fast way to a valid request.

A custom_id, a url and a model count here even when their line is invalid for another reason.
"""

from hashlib import blake2b
from typing import Final

from msgspec import DecodeError

from larder.domain.batch_json import is_utf8
from larder.domain.batch_lines import MAX_DEPTH, RequestReader
from larder.domain.batch_nesting import nested_deeper_than
from larder.domain.batch_report import Problem, quoted
from larder.domain.batch_shapes import (
    FRAME_LENGTH,
    READ_LOOSE_BODY,
    READ_PLAIN_BODY,
    SHORTEST_MEMBER,
    read_frame,
)

_UNREADABLE: Final = (DecodeError, UnicodeDecodeError, RecursionError)
# A longer id is remembered by its digest, so that 50,000 ids of any length fit in a few MB.
_LONGEST_ID_KEPT: Final = 128


class FileRequests:
    """The requests of one file so far: their custom_ids, and the first url and model."""

    __slots__ = ("_lines_of_ids", "_reader", "endpoint", "model")

    def __init__(self) -> None:
        self.endpoint: str | None = None
        self.model: str | None = None
        self._lines_of_ids: dict[str | bytes, int] = {}
        self._reader = RequestReader()

    def accepts(self, line: bytes, number: int) -> bool:
        """Whether the line is a valid request, as far as can be told fast.

        If so, that was all there is to do. If not, `problems` must read the line in full, and may
        find none.
        """
        try:
            frame = read_frame(line)
        except _UNREADABLE:
            return False
        custom_id = frame.custom_id
        spare = len(line) - len(frame.body) - len(custom_id) - len(frame.url) - FRAME_LENGTH
        if spare >= SHORTEST_MEMBER or frame.url != self.endpoint:
            return False
        try:
            body = READ_PLAIN_BODY[frame.url](frame.body)
        except _UNREADABLE:
            try:
                body = READ_LOOSE_BODY[frame.url](frame.body)
            except _UNREADABLE:
                return False
            if nested_deeper_than(MAX_DEPTH, line) or not is_utf8(line):
                return False
        return (
            body.model == self.model
            and not body.stream
            and 0 < len(custom_id) <= _LONGEST_ID_KEPT
            and self._lines_of_ids.setdefault(custom_id, number) == number
        )

    def problems(self, line: bytes, number: int) -> list[Problem]:
        """Everything that is wrong with the line of that number, which is not blank."""
        request = self._reader.read(line)
        problems = request.problems
        if request.custom_id is not None:
            first = self._lines_of_ids.setdefault(_id_key(request.custom_id), number)
            if first != number:
                message = f"custom_id {quoted(request.custom_id)} is already used on line {first}"
                problems.append(Problem("duplicate_custom_id", "custom_id", message))
        if request.url is not None:
            self.endpoint = self.endpoint or request.url
            if request.url != self.endpoint:
                message = f"url {request.url} differs from the file's first, {self.endpoint}"
                problems.append(Problem("url_mismatch", "url", message))
        if request.model is not None:
            self.model = self.model or request.model
            if request.model != self.model:
                message = (
                    f"body.model {quoted(request.model)} differs from the file's first, "
                    f"{quoted(self.model)}"
                )
                problems.append(Problem("model_mismatch", "body.model", message))
        return problems


def _id_key(custom_id: str) -> str | bytes:
    if len(custom_id) <= _LONGEST_ID_KEPT:
        return custom_id
    return blake2b(custom_id.encode(), digest_size=16).digest()
