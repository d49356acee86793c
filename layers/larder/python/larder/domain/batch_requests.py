"""The requests of one file: what binds them together, and the fast way past a valid one.

A custom_id, a url and a model count here even when their line is invalid for another reason.
"""

import re
from hashlib import blake2b
from typing import Final, NamedTuple

from msgspec import DecodeError

from larder.domain.batch_bodies import body_members, check_body
from larder.domain.batch_json import is_json
from larder.domain.batch_lines import MAX_DEPTH, RequestReader
from larder.domain.batch_nesting import nested_deeper_than
from larder.domain.batch_plain import LONG_BODY, NOT_PLAIN, PlainBodies, has_short_numbers
from larder.domain.batch_report import Problem, RequestLine, quoted

# A longer id is remembered by its digest, so that 50,000 ids of any length fit in a few MB.
_LONGEST_ID_KEPT: Final = 128
# What an id may hold to stand in JSON as it is, and to be remembered without decoding it.
_PLAIN_CHARACTERS: Final = bytes(set(range(0x20, 0x7F)) - set(b'"\\'))
_BEFORE_BODY: Final = re.compile(
    rb"""
    (?P<head> \{ [^{}]{0,200} "custom_id" \s* : \s* " )
    [^"\\]{1,512}
    (?P<middle> " [^{}]{0,200} "body" \s* : \s* )
    """,
    re.VERBOSE,
)


class _Frame(NamedTuple):
    """The text of a request line around its custom_id and its body.

    Taken from a line known to be a valid request. Any line with the same text in these places, any
    plain id and one valid body is one as well: the same members, none of them twice.
    """

    head: bytes
    middle: bytes
    tail: bytes


class FileRequests:
    """The requests of one file so far: their custom_ids, and the first url and model."""

    __slots__ = ("_frame", "_lines_of_ids", "_plain", "_reader", "endpoint", "model")

    def __init__(self) -> None:
        self.endpoint: str | None = None
        self.model: str | None = None
        self._lines_of_ids: dict[bytes, int] = {}
        self._reader = RequestReader()
        self._frame: _Frame | None = None
        self._plain: PlainBodies | None = None

    def pass_valid(self, piece: bytes, start: int, number: int, most: int) -> tuple[int, int]:
        """Pass over valid requests that are told fast, at most that many.

        A line begins at `start`, and `number` lines came before it. Returns the same two for the
        first line that is not passed: because it does not end in `piece`, is not valid, or is not
        like those before it. Such a line is for `problems` to read, and may have none.
        """
        if self._frame is None or self._plain is None:
            return start, number
        read, accepts = self._plain.read, self._plain.accepts
        head, middle, tail = self._frame
        head_length, middle_length, tail_length = map(len, self._frame)
        line_of_id = self._lines_of_ids.setdefault
        find, startswith, view = piece.find, piece.startswith, memoryview(piece)
        for line in range(number + 1, number + most + 1):
            end = find(b"\n", start)
            id_start = start + head_length
            id_end = find(b'"', id_start, id_start + _LONGEST_ID_KEPT + 1)
            body_end = end - tail_length
            custom_id = piece[id_start:id_end]
            if not (
                end >= 0
                and startswith(head, start)
                and startswith(middle, id_end)
                and startswith(tail, body_end)
                and custom_id
                and not custom_id.translate(None, _PLAIN_CHARACTERS)
            ):
                break
            text = view[id_end + middle_length : body_end]
            try:
                plain = has_short_numbers(read(text)) if len(text) < LONG_BODY else accepts(text)
            except NOT_PLAIN:
                plain = False
            if not (plain or self._is_valid(bytes(text))):
                break
            if line_of_id(custom_id, line) != line:
                break
            start = end + 1
            number = line
        return start, number

    def _is_valid(self, body: bytes) -> bool:
        """Whether the body is valid in its request, whatever it holds beside what is needed."""
        try:
            body.decode()
            members = body_members(body)
        except (DecodeError, UnicodeDecodeError, RecursionError):
            return False
        if members is None or nested_deeper_than(MAX_DEPTH - 1, body):
            return False
        request = RequestLine([], url=self.endpoint)
        check_body(members, request)
        return not request.problems and request.model == self.model

    def problems(self, line: bytes, number: int) -> list[Problem]:
        """Everything that is wrong with the line of that number, which is not blank."""
        request = self._reader.read(line)
        self._check_custom_id(request, number)
        self._check_url(request)
        self._check_model(request)
        if not request.problems:
            self._learn(line)
        return request.problems

    def _learn(self, line: bytes) -> None:
        """See from a valid request how to pass over others like it."""
        self._frame = _frame_of(line) or self._frame
        if self._plain is None and self.endpoint and self.model:
            self._plain = PlainBodies(self.endpoint, self.model)

    def _check_custom_id(self, request: RequestLine, number: int) -> None:
        if request.custom_id is None:
            return
        first = self._lines_of_ids.setdefault(_id_key(request.custom_id), number)
        if first != number:
            message = f"custom_id {quoted(request.custom_id)} is already used on line {first}"
            request.problems.append(Problem("duplicate_custom_id", "custom_id", message))

    def _check_url(self, request: RequestLine) -> None:
        if request.url is None:
            return
        self.endpoint = self.endpoint or request.url
        if request.url != self.endpoint:
            message = f"url {request.url} differs from the file's first, {self.endpoint}"
            request.problems.append(Problem("url_mismatch", "url", message))

    def _check_model(self, request: RequestLine) -> None:
        if request.model is None:
            return
        self.model = self.model or request.model
        if request.model != self.model:
            found, first = quoted(request.model), quoted(self.model)
            message = f"body.model {found} differs from the file's first, {first}"
            request.problems.append(Problem("model_mismatch", "body.model", message))


def _frame_of(line: bytes) -> _Frame | None:
    """The frame of a valid request, if its body comes last and its id is plain."""
    before = _BEFORE_BODY.match(line)
    if before is None:
        return None
    body = line[before.end() :].rstrip().removesuffix(b"}").rstrip()
    if not is_json(body):
        return None
    return _Frame(before["head"], before["middle"], line[before.end() + len(body) :])


def _id_key(custom_id: str) -> bytes:
    text = custom_id.encode()
    if len(text) <= _LONGEST_ID_KEPT:
        return text
    # A digest behind a byte that no UTF-8 text holds: equal to no id that is kept whole.
    return b"\xff" + blake2b(text, digest_size=16).digest()
