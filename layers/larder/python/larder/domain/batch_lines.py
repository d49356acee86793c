"""The rules of one request line, each with its code, its param and a message to act on.

Source: contract section 4. What the rules leave open is decided here:

* A line that is not UTF-8, not JSON or not one object has that problem alone. In any other line
  every rule is applied to every member, so independent mistakes are all reported at once.
* JSON is RFC 8259 in UTF-8. Integers of any size are fine; an escaped surrogate without its other
  half cannot be written in UTF-8, so it is no JSON here. Depth counts arrays and objects.
* Further members are ignored, but a line with more than 32 members is no request: what a line may
  cost must not depend on how it was made.
"""

import re
from typing import Final

from msgspec import DecodeError, Raw, Struct, ValidationError
from msgspec.json import Decoder

from larder.domain.batch_bodies import body_members, check_body
from larder.domain.batch_json import kind_of, read_text
from larder.domain.batch_nesting import nested_deeper_than
from larder.domain.batch_report import Problem, RequestLine, quoted
from larder.domain.batch_shapes import ENDPOINTS

MAX_DEPTH: Final = 128
MAX_CUSTOM_ID: Final = 512
MAX_MEMBERS: Final = 32

_SURROGATE_ESCAPE: Final = re.compile(rb"\\u[dD][89a-fA-F]")
_PLACE: Final = re.compile(r"\(byte (\d+)\)")
_ABSENT: Final = Raw(b"")
_ENDPOINT_LIST: Final = ", ".join(ENDPOINTS)


class _Members(Struct, forbid_unknown_fields=True, gc=False):
    """The four members of a request and no other, of the right types."""

    custom_id: str
    method: str
    url: str
    body: Raw

    def are_given_once(self, line: bytes) -> bool:
        """Whether the line certainly has no room for any of them twice.

        Beside its members' values, compact JSON takes up the frame and no more; a space after each
        comma and colon adds 7, a carriage return 1. A member more hides at least `"url":"",`.
        """
        values = len(self.custom_id) + len(self.method) + len(self.url) + len(self.body)
        return len(line) - values - _FRAME_LENGTH < _SHORTEST_MEMBER


_FRAME_LENGTH: Final = len('{"custom_id":"","method":"","url":"","body":}')
_SHORTEST_MEMBER: Final = len('"url":"",')

_read_members: Final = Decoder(_Members).decode
_skip: Final = Decoder(Raw).decode


class RequestReader:
    """Reads request lines one at a time; holds nothing between two lines."""

    __slots__ = ("_names", "_read_named")

    def __init__(self) -> None:
        self._read_named = Decoder(dict[_Name, Raw], dec_hook=self._keep_name).decode
        self._names = 0

    def read(self, line: bytes) -> RequestLine:
        """Apply every rule to one line that is not blank, given without its newline."""
        request = RequestLine([])
        try:
            line.decode()
        except UnicodeDecodeError as error:
            byte, offset = line[error.start], error.start
            message = f"the line is not UTF-8: byte 0x{byte:02x} at offset {offset}"
            request.add("invalid_encoding", None, message)
            return request
        try:
            members = _read_members(line)
        except ValidationError:
            self._read_any(line, request)
            return request
        except DecodeError as error:
            request.add("invalid_json_line", None, _explained(str(error), line))
            return request
        except RecursionError:
            request.problems.append(_too_deep())
            return request
        if not members.are_given_once(line):
            self._read_any(line, request)
        elif nested_deeper_than(MAX_DEPTH, line):
            request.problems.append(_too_deep())
        else:
            _check_custom_id(members.custom_id, request)
            _check_method(members.method, request)
            _check_url(members.url, request)
            _check_body(members.body, request)
        return request

    def _read_any(self, line: bytes, request: RequestLine) -> None:
        """Read a line that is UTF-8, whatever else is wrong with it."""
        members = _unreadable(line) or self._all_members(line)
        if isinstance(members, Problem):
            request.problems.append(members)
            return
        for name, check in _TEXT_CHECKS.items():
            raw = members.get(name, _ABSENT)
            text = read_text(raw) if raw else None
            if text is not None:
                check(text, request)
            elif raw:
                request.add("invalid_type", name, f"{name} must be a string, not {kind_of(raw)}")
            else:
                request.add("missing_required_parameter", name, f"{name} is missing")
        if "body" in members:
            _check_body(members["body"], request)
        else:
            request.add("missing_required_parameter", "body", "body is missing")

    def _all_members(self, line: bytes) -> dict[str, Raw] | Problem:
        self._names = 0
        try:
            named = self._read_named(line)
        except _TooManyMembersError:
            message = f"the object has more than {MAX_MEMBERS} members; a request has four"
            return Problem("invalid_request", None, message)
        members = {name.text: value for name, value in named.items()}
        if len(members) == len(named):
            return members
        names = [name.text for name in named]
        twice = next(name for index, name in enumerate(names) if name in names[:index])
        message = f"the member {quoted(twice)} is given more than once"
        return Problem("invalid_request", None, message)

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
    """Why the line, which is UTF-8, is not one JSON object within the limits, if it is not."""
    try:
        value = _skip(line)
    except DecodeError as error:
        return Problem("invalid_json_line", None, _explained(str(error), line))
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


def _explained(error: str, line: bytes) -> str:
    reason = error.removeprefix("JSON is malformed: ")
    if _SURROGATE_ESCAPE.search(line):
        reason += r"; a \ud800…\udfff escape must be one of a pair"
    elif place := _PLACE.search(reason):
        offset = int(place[1])
        near = line[max(offset - 8, 0) : offset + 16].decode(errors="replace")
        reason += f", near {quoted(near)}"
    elif reason == "Input data was truncated":
        reason = "it ends too early"
    return f"the line is not one JSON value: {reason}"


def _check_custom_id(text: str, request: RequestLine) -> None:
    if 0 < len(text) <= MAX_CUSTOM_ID:
        request.custom_id = text
        return
    length = f"{len(text)} characters long" if text else "empty"
    message = f"custom_id is {length}; it must have 1 to {MAX_CUSTOM_ID} characters"
    request.add("invalid_custom_id", "custom_id", message)


def _check_method(text: str, request: RequestLine) -> None:
    if text != "POST":
        request.add("invalid_method", "method", f"method must be 'POST', not {quoted(text)}")


def _check_url(text: str, request: RequestLine) -> None:
    if text in ENDPOINTS:
        request.url = text
    else:
        message = f"url {quoted(text)} is not one of {_ENDPOINT_LIST}"
        request.add("invalid_url", "url", message)


def _check_body(raw: Raw, request: RequestLine) -> None:
    members = body_members(raw)
    if members is None:
        request.add("invalid_type", "body", f"body must be an object, not {kind_of(raw)}")
    else:
        check_body(members, request)


_TEXT_CHECKS: Final = {
    "custom_id": _check_custom_id,
    "method": _check_method,
    "url": _check_url,
}
