"""The requests of one file: the loop over its lines, and the rules across lines.

A custom_id must be unique, the url must be the same in the whole file, and a file has at most
50,000 embedding inputs. All of them, and the models, count even when their line is invalid for
another reason.
"""

from hashlib import blake2b
from typing import Final

from larder_jsonl.body_rules import body_members, check_body
from larder_jsonl.endpoints import Endpoint
from larder_jsonl.line_rules import RequestReader, too_deep
from larder_jsonl.line_templates import MAX_PLAIN_ID, LineTemplates
from larder_jsonl.nesting import MAX_DEPTH, nested_deeper_than
from larder_jsonl.raw_json import MALFORMED, check_utf8
from larder_jsonl.references import MAX_REFERENCES, check_references
from larder_jsonl.report import (
    MAX_MODELS,
    Findings,
    Problem,
    ProblemMessage,
    RequestLine,
    quoted,
)

MAX_INPUTS: Final = 50_000
WHITESPACE: Final = b" \t\r\n"

# How a line may begin that is blank, with its newline.
_BLANK: Final = frozenset((b" ", b"\t", b"\r", b"\n"))


class FileRequests:
    """The requests of one file so far.

    The problems of a line go to the findings, all at once.

    Attributes:
        endpoint: the first valid one.
        inputs: the embedding inputs.
        references: the artifacts and bundles that lines refer to, in the order of their first use.
    """

    __slots__ = (
        "_findings",
        "_lines_of_ids",
        "_models",
        "_reader",
        "_templates",
        "endpoint",
        "inputs",
        "references",
    )

    def __init__(self, findings: Findings) -> None:
        self.endpoint: Endpoint | None = None
        self.inputs = 0
        self.references: dict[str, None] = {}
        # With how many lines leave it to the endpoint.
        self._models = {"": 0}
        self._findings = findings
        self._lines_of_ids: dict[bytes, int] = {}
        self._reader = RequestReader()
        self._templates = LineTemplates()

    @property
    def models(self) -> dict[str, int]:
        """How many lines name each of the first 100 models."""
        return {name: lines for name, lines in self._models.items() if name}

    def read_lines(
        self, piece: bytes, start: int, offset: int, number: int, limit: int
    ) -> tuple[int, int]:
        """Read up to `limit` lines that end in `piece`, and stop at a blank one.

        The first one starts at `start`, and `number` lines came before it. Returns the same two for
        the first line that was not read. The file has `offset` bytes before the piece.
        """
        templates = self._templates
        line_of_id = self._lines_of_ids.setdefault
        models = self._models
        before, missed = number, 0
        for line in range(number + 1, number + limit + 1):
            end = piece.find(b"\n", start)
            if end < 0:
                break
            template = templates.line
            found = template.match(piece, start, end) if template else None
            if found is None:
                if piece[start : start + 1] in _BLANK and not piece[start:end].strip(WHITESPACE):
                    break
                missed += self.read_line(piece[start:end], line, offset + start)
            else:
                custom_id, body_start, body_end = found
                model = templates.fits(piece, body_start, body_end)
                if model is None:
                    missed += self._read_matched(piece, start, end, offset, line, found)
                else:
                    if line_of_id(custom_id, line) == line and model in models:
                        models[model] += 1
                    else:
                        known = RequestLine([], custom_id.decode(), self.endpoint, model)
                        self._settle(known, line, offset + start)
                    if templates.counts_inputs and self._exceeds_inputs(1):
                        self._findings.add(line, offset + start, [_too_many_inputs()])
            start = end + 1
            number = line
        templates.record_hits(number - before, missed)
        return start, number

    def _read_matched(
        self,
        piece: bytes,
        start: int,
        end: int,
        offset: int,
        number: int,
        found: tuple[bytes, int, int],
    ) -> bool:
        """As `read_line`, for the line `piece[start:end]`, which has matched the template."""
        custom_id, body_start, body_end = found
        body = piece[body_start:body_end]
        request = _with_body(custom_id, body, self.endpoint)
        if request is None:
            del body
            return self.read_line(piece[start:end], number, offset + start)
        return self._is_right(request, piece[start:end], number, offset + start, body)

    def read_line(self, line: bytes, number: int, offset: int) -> bool:
        """Apply the rules to a line that is not blank, report its problems, and say if it has none.

        The line is given without its newline, and the file has `offset` bytes before it.
        """
        return self._is_right(self._reader.read(line), line, number, offset, None)

    def _is_right(
        self, request: RequestLine, line: bytes, number: int, offset: int, body: bytes | None
    ) -> bool:
        self._settle(request, number, offset)
        if request.problems or self.endpoint is None:
            return False
        self._templates.learn(line, body, self.endpoint, request.model)
        return True

    def _settle(self, request: RequestLine, number: int, offset: int) -> None:
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
        # One of them is no model's.
        if request.model in self._models or len(self._models) <= MAX_MODELS:
            self._models[request.model] = self._models.get(request.model, 0) + 1
        if request.references:
            self._keep_references(request)
        if request.problems:
            self._findings.add(number, offset, request.problems)
        if self._exceeds_inputs(request.inputs):
            self._findings.add(number, offset, [_too_many_inputs()])

    def _keep_references(self, request: RequestLine) -> None:
        for each in request.references:
            if each in self.references:
                continue
            if len(self.references) == MAX_REFERENCES:
                message = f"the file refers to more than {MAX_REFERENCES} artifacts and bundles"
                request.add("too_many_references", "body", message)
                return
            self.references[each] = None

    def _exceeds_inputs(self, inputs: int) -> bool:
        """Count embedding inputs, and tell whether these are the first too many."""
        before = self.inputs
        self.inputs += inputs
        return before <= MAX_INPUTS < self.inputs


def _with_body(custom_id: bytes, body: bytes, endpoint: Endpoint | None) -> RequestLine | None:
    """The request of a line of which all but the body is right.

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
    check_references(body, request)
    return request


def _too_many_inputs() -> Problem:
    message = f"the file has more than {MAX_INPUTS:,} embedding inputs"
    return Problem("too_many_inputs", "body.input", message)


def _used_before(custom_id: str, first: int) -> ProblemMessage:
    return lambda: f"custom_id {quoted(custom_id)} is already used on line {first}"


def _id_key(custom_id: str) -> bytes:
    text = custom_id.encode()
    if len(text) <= MAX_PLAIN_ID:
        return text
    # A digest, so that 50,000 ids of any length fit in a few MB. UTF-8 has no byte 0xff, so that it
    # equals no id that is kept whole.
    return b"\xff" + blake2b(text, digest_size=16).digest()
