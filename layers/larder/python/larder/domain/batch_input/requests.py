"""The requests of one file: what binds them together, and the fast way through lines alike.

A custom_id, a url and a model count here even when their line is invalid for another reason.
"""

from hashlib import blake2b
from typing import Final

from msgspec import DecodeError

from larder.domain.batch_input.body_rules import body_members, check_body
from larder.domain.batch_input.line_rules import RequestReader, too_deep
from larder.domain.batch_input.line_templates import MAX_PLAIN_ID, ONLY_PLAIN, Frames
from larder.domain.batch_input.nesting import MAX_DEPTH, nested_deeper_than
from larder.domain.batch_input.raw_json import check_utf8
from larder.domain.batch_input.report import Findings, Message, RequestLine, quoted

WHITESPACE: Final = b" \t\r\n"

_BLANK: Final = frozenset((b"", b" ", b"\t", b"\r"))
_REFUSED: Final = (DecodeError, UnicodeDecodeError, RecursionError)


class FileRequests:
    """The requests of one file so far: their custom_ids, and the first url and model.

    What is wrong with a line goes to the findings, at most once a line.
    """

    __slots__ = ("_findings", "_frames", "_lines_of_ids", "_reader", "endpoint", "model")

    def __init__(self, findings: Findings) -> None:
        self.endpoint: str | None = None
        self.model: str | None = None
        self._findings = findings
        self._lines_of_ids: dict[bytes, int] = {}
        self._reader = RequestReader()
        self._frames = Frames()

    def read_lines(self, piece: bytes, start: int, number: int, most: int) -> tuple[int, int]:
        """Read lines up to a blank one or the end of the piece, and at most that many.

        A line begins at `start`, and `number` lines came before it. Returns the same two for the
        first line that is not read. May stop earlier, having learned how to go on faster.
        """
        frame = self._frames.fast
        head, middle, tail, check = frame
        head_length, middle_length, tail_length = len(head), len(middle), len(tail)
        longest, only_plain = MAX_PLAIN_ID + 1, ONLY_PLAIN
        line_of_id = self._lines_of_ids.setdefault
        find, startswith = piece.find, piece.startswith
        before, missed = number, 0
        for line in range(number + 1, number + most + 1):
            end = find(b"\n", start)
            if end < 0:
                break
            id_start = start + head_length
            id_end = find(b'"', id_start, id_start + longest)
            value_end = end - tail_length
            custom_id = piece[id_start:id_end]
            alike = refused = False
            if (
                startswith(head, start)
                and startswith(middle, id_end)
                and startswith(tail, value_end)
                and custom_id
                and custom_id.translate(only_plain) == custom_id
            ):
                try:
                    check(piece[id_end + middle_length : value_end])
                    alike = True
                except _REFUSED:
                    refused = True
            if not alike:
                text = piece[start:end]
                if text[:1] in _BLANK and not text.strip(WHITESPACE):
                    break
                if self.read(text, line) or refused:
                    missed += 1
            elif line_of_id(custom_id, line) != line:
                known = RequestLine([], custom_id.decode(), self.endpoint, self.model)
                self._settle(known, line)
            start = end + 1
            number = line
            if self._frames.fast is not frame:
                break
        self._frames.weigh(number - before, missed)
        return start, number

    def read(self, line: bytes, number: int) -> bool:
        """Read the line of that number, which is not blank, and answer whether it is valid."""
        found = self._frames.bodies.value_in(line)
        request = self._with_body(*found) if found else None
        known = request is not None
        if request is None:
            request = self._reader.read(line)
        self._settle(request, number)
        if request.problems or self.endpoint is None or self.model is None:
            return False
        self._frames.learn(line, self.endpoint, self.model, known=known)
        return True

    def _with_body(self, custom_id: bytes, body: bytes) -> RequestLine | None:
        """The request with that body in the known frame, unless it has to be read as a line."""
        try:
            check_utf8(body)
            members = body_members(body)
        except _REFUSED:
            return None
        if members is None:
            return None
        if nested_deeper_than(MAX_DEPTH - 1, body):
            return RequestLine([too_deep()])
        request = RequestLine([], custom_id.decode(), self.endpoint)
        check_body(members, request)
        return request

    def _settle(self, request: RequestLine, number: int) -> None:
        """Check the request against those before it, and report what is wrong with it."""
        if request.custom_id is not None:
            first = self._lines_of_ids.setdefault(_id_key(request.custom_id), number)
            if first != number:
                message = _used_before(request.custom_id, first)
                request.add("duplicate_custom_id", "custom_id", message)
        if request.url is not None:
            self.endpoint = self.endpoint or request.url
            if request.url != self.endpoint:
                message = f"url {request.url} differs from the file's first, {self.endpoint}"
                request.add("url_mismatch", "url", message)
        if request.model is not None:
            self.model = self.model or request.model
            if request.model != self.model:
                request.add("model_mismatch", "body.model", _mismatch(request.model, self.model))
        if request.problems:
            self._findings.add(number, request.problems)


def _used_before(custom_id: str, first: int) -> Message:
    return lambda: f"custom_id {quoted(custom_id)} is already used on line {first}"


def _mismatch(model: str, first: str) -> Message:
    return lambda: f"body.model {quoted(model)} differs from the file's first, {quoted(first)}"


def _id_key(custom_id: str) -> bytes:
    text = custom_id.encode()
    if len(text) <= MAX_PLAIN_ID:
        return text
    # A digest behind a byte that no UTF-8 text holds: equal to no id that is kept whole.
    return b"\xff" + blake2b(text, digest_size=16).digest()
