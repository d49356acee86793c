"""The requests of one file: what binds them together, and the fast way through lines alike.

A custom_id, a url and a model count here even when their line is invalid for another reason.
"""

import re
from hashlib import blake2b
from typing import Final, NamedTuple

from msgspec import DecodeError, ValidationError

from larder.domain.batch_bodies import body_members, check_body
from larder.domain.batch_json import is_json
from larder.domain.batch_lines import MAX_DEPTH, RequestReader
from larder.domain.batch_nesting import nested_deeper_than
from larder.domain.batch_plain import LONG_BODY, LONGEST_NUMBERS, PlainBodies
from larder.domain.batch_report import Findings, RequestLine, quoted

# A longer id is remembered by its digest, so that 50,000 ids of any length fit in a few MB.
_LONGEST_ID_KEPT: Final = 128
# What an id may hold to stand in JSON as it is, and to be remembered without decoding it.
_PLAIN: Final = frozenset(range(ord(" "), ord("~") + 1)) - frozenset(b'"\\')
_ONLY_PLAIN: Final = bytes(byte if byte in _PLAIN else ord("?") for byte in range(256))
_BEFORE_BODY: Final = re.compile(
    rb"""
    (?P<head> \{ [^{}]{0,200} "custom_id" \s* : \s* " )
    [^"\\]{1,512}
    (?P<middle> " [^{}]{0,200} "body" \s* : \s* )
    """,
    re.VERBOSE,
)

_UNREADABLE: Final = (DecodeError, UnicodeDecodeError, RecursionError)


class _Frame(NamedTuple):
    """The text of a request line around its custom_id and its body.

    Taken from a line known to be a valid request. Any line with the same text in these places, any
    plain id and one valid body is one as well: the same members, none of them twice.
    """

    head: bytes
    middle: bytes
    tail: bytes


class FileRequests:
    """The requests of one file so far: their custom_ids, and the first url and model.

    What is wrong with a line goes to the findings, at most once a line.
    """

    __slots__ = ("_findings", "_frame", "_lines_of_ids", "_plain", "_reader", "endpoint", "model")

    def __init__(self, findings: Findings) -> None:
        self.endpoint: str | None = None
        self.model: str | None = None
        self._findings = findings
        self._lines_of_ids: dict[bytes, int] = {}
        self._reader = RequestReader()
        self._frame: _Frame | None = None
        self._plain: PlainBodies | None = None

    def read_alike(self, piece: bytes, start: int, number: int, most: int) -> tuple[int, int]:
        """Read lines in the frame of those before, at most that many.

        A line begins at `start`, and `number` lines came before it. Returns the same two for the
        first line that is not read, because it does not end in `piece` or is unlike those before:
        that one is for `read`.
        """
        if self._frame is None or self._plain is None:
            return start, number
        read, accepts = self._plain.read, self._plain.accepts
        head, middle, tail = self._frame
        longest, only_plain = _LONGEST_ID_KEPT + 1, _ONLY_PLAIN
        head_length, middle_length, tail_length = map(len, self._frame)
        line_of_id = self._lines_of_ids.setdefault
        find, startswith, view = piece.find, piece.startswith, memoryview(piece)
        for line in range(number + 1, number + most + 1):
            end = find(b"\n", start)
            id_start = start + head_length
            id_end = find(b'"', id_start, id_start + longest)
            body_end = end - tail_length
            custom_id = piece[id_start:id_end]
            if not (
                end >= 0
                and startswith(head, start)
                and startswith(middle, id_end)
                and startswith(tail, body_end)
                and custom_id
                and custom_id.translate(only_plain) == custom_id
            ):
                break
            text = view[id_end + middle_length : body_end]
            try:
                if body_end - id_end > LONG_BODY:
                    plain = accepts(text)
                else:
                    body = read(text)
                    plain = len(body.temperature) + len(body.top_p) < LONGEST_NUMBERS
            except ValidationError:
                plain = False
            except _UNREADABLE:
                break
            if not (plain and line_of_id(custom_id, line) == line):
                request = self._in_frame(custom_id, bytes(text))
                if request is None:
                    break
                self._settle(request, line)
            start = end + 1
            number = line
        return start, number

    def read(self, line: bytes, number: int) -> None:
        """Read the line of that number, which is not blank, whatever it is like."""
        request = self._reader.read(line)
        self._settle(request, number)
        if not request.problems:
            self._learn(line)

    def _in_frame(self, custom_id: bytes, body: bytes) -> RequestLine | None:
        """The request with that body in the known frame, unless it has to be read as a line."""
        try:
            body.decode()
            members = body_members(body)
        except _UNREADABLE:
            return None
        if members is None or nested_deeper_than(MAX_DEPTH - 1, body):
            return None
        request = RequestLine([], custom_id.decode(), self.endpoint)
        check_body(members, request)
        return request

    def _learn(self, line: bytes) -> None:
        """See from a valid request how to read others like it."""
        self._frame = _frame_of(line) or self._frame
        if self._plain is None and self.endpoint and self.model:
            self._plain = PlainBodies(self.endpoint, self.model)

    def _settle(self, request: RequestLine, number: int) -> None:
        """Check the request against those before it, and report what is wrong with it."""
        if request.custom_id is not None:
            first = self._lines_of_ids.setdefault(_id_key(request.custom_id), number)
            if first != number:
                message = f"custom_id {quoted(request.custom_id)} is already used on line {first}"
                request.add("duplicate_custom_id", "custom_id", message)
        if request.url is not None:
            self.endpoint = self.endpoint or request.url
            if request.url != self.endpoint:
                message = f"url {request.url} differs from the file's first, {self.endpoint}"
                request.add("url_mismatch", "url", message)
        if request.model is not None:
            self.model = self.model or request.model
            if request.model != self.model:
                found, wanted = quoted(request.model), quoted(self.model)
                message = f"body.model {found} differs from the file's first, {wanted}"
                request.add("model_mismatch", "body.model", message)
        if request.problems:
            self._findings.add(number, request.problems)


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
