"""The rules of one request line, each with its code, its param and a message to act on.

Source: contract section 4. What the rules leave open is decided here:

* A line that is not UTF-8, not JSON or not one object has that problem alone. In any other line
  every rule is applied to every member, so independent mistakes are all reported at once.
* JSON is RFC 8259 in UTF-8. Integers of any size are fine; an escaped surrogate without its other
  half cannot be written in UTF-8, so it is no JSON here. Depth counts arrays and objects.
* Further members are ignored, but a line with more than 100 of them is no request: what a line
  may cost must not depend on how it was made.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from msgspec import DecodeError, Raw
from msgspec.json import Decoder

from larder.domain.batch_bodies import read_body
from larder.domain.batch_json import kind_of, read_text
from larder.domain.batch_nesting import nested_deeper_than
from larder.domain.batch_report import Problem, quoted
from larder.domain.batch_shapes import ENDPOINTS

MAX_DEPTH: Final = 128
MAX_CUSTOM_ID: Final = 512
MAX_MEMBERS: Final = 100

_SURROGATE_ESCAPE: Final = re.compile(rb"\\u[dD][89a-fA-F]")
_ABSENT: Final = Raw(b"")

_skip = Decoder(Raw).decode


@dataclass(slots=True)
class RequestLine:
    """What one line says, as far as it can be told, and what is wrong with it by itself.

    `custom_id`, `url` and `model` hold valid values only.
    """

    problems: list[Problem] = field(default_factory=list)
    custom_id: str | None = None
    url: str | None = None
    model: str | None = None


class RequestReader:
    """Reads request lines one at a time; holds nothing between two lines."""

    __slots__ = ("_decode_members", "_names")

    def __init__(self) -> None:
        self._decode_members = Decoder(dict[_Name, Raw], dec_hook=self._keep_name).decode
        self._names = 0

    def read(self, line: bytes) -> RequestLine:
        """Apply every rule to one line that is not blank, given without its newline."""
        request = RequestLine()
        members = _unreadable(line) or self._members(line)
        if isinstance(members, Problem):
            request.problems.append(members)
            return request
        _read_custom_id(members.get("custom_id", _ABSENT), request)
        _read_method(members.get("method", _ABSENT), request)
        _read_url(members.get("url", _ABSENT), request)
        _read_body(members.get("body", _ABSENT), request)
        return request

    def _members(self, line: bytes) -> dict[str, Raw] | Problem:
        self._names = 0
        try:
            named = self._decode_members(line)
        except _TooManyMembersError:
            message = f"the object has more than {MAX_MEMBERS} members; a request has four"
            return Problem("invalid_request", None, message)
        members: dict[str, Raw] = {}
        for name, value in named.items():
            if name.text in members:
                message = f"the member {quoted(name.text)} is given more than once"
                return Problem("invalid_request", None, message)
            members[name.text] = value
        return members

    def _keep_name(self, _: type, text: str) -> "_Name":
        self._names += 1
        if self._names > MAX_MEMBERS:
            raise _TooManyMembersError
        return _Name(text)


class _Name:
    """A member name that equals no other, so that a dict keeps both of two members alike."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


class _TooManyMembersError(Exception):
    pass


def _unreadable(line: bytes) -> Problem | None:
    """Why the line is not one JSON object within the limits, if it is not."""
    try:
        line.decode()
    except UnicodeDecodeError as error:
        message = f"not valid UTF-8: byte 0x{line[error.start]:02x} at offset {error.start}"
        return Problem("invalid_encoding", None, message)
    try:
        value = _skip(line)
    except DecodeError as error:
        return Problem("invalid_json_line", None, _explained(error, line))
    except RecursionError:
        return _too_deep()
    if nested_deeper_than(MAX_DEPTH, line):
        return _too_deep()
    kind = kind_of(value)
    if kind != "an object":
        return Problem("invalid_request", None, f"the line must be a JSON object, not {kind}")
    return None


def _too_deep() -> Problem:
    message = f"the JSON is nested deeper than {MAX_DEPTH} levels"
    return Problem("invalid_json_line", None, message)


def _explained(error: DecodeError, line: bytes) -> str:
    reason = str(error).removeprefix("JSON is malformed: ")
    if _SURROGATE_ESCAPE.search(line):
        reason += r"; a \ud800…\udfff escape must be one of a pair"
    elif place := re.search(r"\(byte (\d+)\)", reason):
        offset = int(place[1])
        near = line[max(offset - 8, 0) : offset + 16].decode(errors="replace")
        reason += f", near {quoted(near)}"
    elif reason == "Input data was truncated":
        reason = "it ends too early"
    return f"the line is not one JSON value: {reason}"


def _read_custom_id(raw: Raw, request: RequestLine) -> None:
    text = _text_member("custom_id", raw, request)
    if text is None:
        return
    if 0 < len(text) <= MAX_CUSTOM_ID:
        request.custom_id = text
        return
    length = f"{len(text)} characters long" if text else "empty"
    message = f"custom_id is {length}; it must have 1 to {MAX_CUSTOM_ID} characters"
    request.problems.append(Problem("invalid_custom_id", "custom_id", message))


def _read_method(raw: Raw, request: RequestLine) -> None:
    text = _text_member("method", raw, request)
    if text is not None and text != "POST":
        message = f"method must be 'POST', not {quoted(text)}"
        request.problems.append(Problem("invalid_method", "method", message))


def _read_url(raw: Raw, request: RequestLine) -> None:
    text = _text_member("url", raw, request)
    if text in ENDPOINTS:
        request.url = text
    elif text is not None:
        message = f"url {quoted(text)} is not one of {', '.join(ENDPOINTS)}"
        request.problems.append(Problem("invalid_url", "url", message))


def _read_body(raw: Raw, request: RequestLine) -> None:
    if not raw:
        request.problems.append(_missing("body"))
    elif (kind := kind_of(raw)) != "an object":
        message = f"body must be an object, not {kind}"
        request.problems.append(Problem("invalid_type", "body", message))
    else:
        request.model = read_body(raw, request.url, request.problems)


def _text_member(name: str, raw: Raw, request: RequestLine) -> str | None:
    if not raw:
        request.problems.append(_missing(name))
    elif (text := read_text(raw)) is None:
        message = f"{name} must be a string, not {kind_of(raw)}"
        request.problems.append(Problem("invalid_type", name, message))
    else:
        return text
    return None


def _missing(name: str) -> Problem:
    return Problem("missing_required_parameter", name, f"{name} is missing")
