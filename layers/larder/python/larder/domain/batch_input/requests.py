"""The requests of one file: the loop over its lines, and the rules across lines.

A custom_id must be unique; url and model must be the same in the whole file. They count even when
their line is invalid for another reason.
"""

from hashlib import blake2b
from typing import Final

from larder.domain.batch_input.body_rules import body_members, check_body
from larder.domain.batch_input.endpoints import Endpoint
from larder.domain.batch_input.line_rules import RequestReader, too_deep
from larder.domain.batch_input.line_templates import MAX_PLAIN_ID, LineTemplates
from larder.domain.batch_input.nesting import MAX_DEPTH, nested_deeper_than
from larder.domain.batch_input.raw_json import MALFORMED, check_utf8
from larder.domain.batch_input.report import Findings, ProblemMessage, RequestLine, quoted

WHITESPACE: Final = b" \t\r\n"

_BLANK: Final = frozenset((b"", b" ", b"\t", b"\r"))


class FileRequests:
    """The requests of one file so far.

    The problems of a line go to the findings, all at once.

    Attributes:
        endpoint: the first valid one.
        model: the first one.
    """

    __slots__ = ("_findings", "_lines_of_ids", "_reader", "_templates", "endpoint", "model")

    def __init__(self, findings: Findings) -> None:
        self.endpoint: Endpoint | None = None
        self.model: str | None = None
        self._findings = findings
        self._lines_of_ids: dict[bytes, int] = {}
        self._reader = RequestReader()
        self._templates = LineTemplates()

    def read_lines(self, piece: bytes, start: int, number: int, limit: int) -> tuple[int, int]:
        """Read up to `limit` lines that end in `piece`, and stop at a blank one.

        The first one starts at `start`, and `number` lines came before it. Returns the same two for
        the first line that was not read.
        """
        templates = self._templates
        line_of_id = self._lines_of_ids.setdefault
        before, missed = number, 0
        for line in range(number + 1, number + limit + 1):
            end = piece.find(b"\n", start)
            if end < 0:
                break
            template = templates.line
            found = template.match(piece, start, end) if template else None
            if found is None:
                text = piece[start:end]
                if text[:1] in _BLANK and not text.strip(WHITESPACE):
                    break
                missed += self._read(text, line)
            else:
                custom_id, body_start, body_end = found
                if not templates.fits(piece, body_start, body_end):
                    body = piece[body_start:body_end]
                    missed += self._read(piece[start:end], line, custom_id, body)
                elif line_of_id(custom_id, line) != line:
                    known = RequestLine([], custom_id.decode(), self.endpoint, self.model)
                    self._settle(known, line)
            start = end + 1
            number = line
        templates.record_hits(number - before, missed)
        return start, number

    def _read(
        self, line: bytes, number: int, custom_id: bytes = b"", body: bytes | None = None
    ) -> bool:
        """Apply the rules to one line, report its problems, and return whether it is valid.

        The custom_id and the body are given when the line has matched the template.
        """
        request = None if body is None else _with_body(custom_id, body, self.endpoint)
        if request is None:
            request, body = self._reader.read(line), None
        self._settle(request, number)
        if request.problems or self.endpoint is None or self.model is None:
            return False
        self._templates.learn(line, body, self.endpoint, self.model)
        return True

    def _settle(self, request: RequestLine, number: int) -> None:
        """Compare the request with those before it, and report all its problems."""
        if request.custom_id is not None:
            first = self._lines_of_ids.setdefault(_id_key(request.custom_id), number)
            if first != number:
                message = _used_before(request.custom_id, first)
                request.add("duplicate_custom_id", "custom_id", message)
        if request.endpoint is not None:
            self.endpoint = self.endpoint or request.endpoint
            if request.endpoint is not self.endpoint:
                url, first_url = request.endpoint.url, self.endpoint.url
                message = f"url {url} differs from the file's first, {first_url}"
                request.add("url_mismatch", "url", message)
        if request.model is not None:
            self.model = self.model or request.model
            if request.model != self.model:
                request.add("model_mismatch", "body.model", _mismatch(request.model, self.model))
        if request.problems:
            self._findings.add(number, request.problems)


def _with_body(custom_id: bytes, body: bytes, endpoint: Endpoint | None) -> RequestLine | None:
    """The request of a line of which all but the body is valid.

    None when the problem may be the line's, so that all of it must be read.
    """
    try:
        check_utf8(body)
        members = body_members(body)
    except MALFORMED:
        return None
    if members is None:
        return None
    if nested_deeper_than(MAX_DEPTH - 1, body):
        return RequestLine([too_deep()])
    request = RequestLine([], custom_id.decode(), endpoint)
    check_body(members, request)
    return request


def _used_before(custom_id: str, first: int) -> ProblemMessage:
    return lambda: f"custom_id {quoted(custom_id)} is already used on line {first}"


def _mismatch(model: str, first: str) -> ProblemMessage:
    return lambda: f"body.model {quoted(model)} differs from the file's first, {quoted(first)}"


def _id_key(custom_id: str) -> bytes:
    text = custom_id.encode()
    if len(text) <= MAX_PLAIN_ID:
        return text
    # A digest, so that 50,000 ids of any length fit in a few MB. UTF-8 has no byte 0xff, so that it
    # equals no id that is kept whole.
    return b"\xff" + blake2b(text, digest_size=16).digest()
