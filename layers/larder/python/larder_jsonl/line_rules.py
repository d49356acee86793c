"""The rules of one request line, each with its code, its param and a message to act on.

Source: contract section 4. What it leaves open is decided here:

* A line that is not UTF-8, not JSON or not one object has that problem alone. In any other line
  every rule is applied to every member, so that all independent mistakes are reported at once.
* JSON is RFC 8259 in UTF-8. Integers may have any size. An escaped surrogate without its other half
  cannot be written in UTF-8, so it is no JSON here. Depth counts arrays and objects.
* Other members are ignored, but a line with more than 32 members is no request, so that what a line
  costs depends on its length alone.
"""

import re
from typing import Final

from msgspec import DecodeError, Raw, Struct, ValidationError
from msgspec.json import Decoder

from larder_jsonl.body_rules import body_members, check_body
from larder_jsonl.endpoints import ENDPOINTS
from larder_jsonl.hints import did_you_mean, encoding_hint, layout_hint
from larder_jsonl.nesting import MAX_DEPTH, nested_deeper_than
from larder_jsonl.raw_json import check_json, check_utf8, kind_of, read_text
from larder_jsonl.references import check_references
from larder_jsonl.report import Problem, RequestLine, quoted

MAX_CUSTOM_ID: Final = 512
MAX_MEMBERS: Final = 32

_SURROGATE_ESCAPE: Final = re.compile(rb"\\u[dD][89a-fA-F]")
_PLACE: Final = re.compile(r"\(byte (\d+)\)")
_ABSENT: Final = Raw(b"")
_POST: Final = Raw(b'"POST"')
_ENDPOINT_LIST: Final = ", ".join(ENDPOINTS)


class _Members(Struct, gc=False):
    """The four members of a request, each as JSON, or empty when absent."""

    custom_id: Raw = _ABSENT
    method: Raw = _ABSENT
    url: Raw = _ABSENT
    body: Raw = _ABSENT

    def leave_room_for_more(self, line: bytes) -> bool:
        """Whether the line is long enough for another member, such as one of these again.

        A second one of the four adds at least `"url":0,`, two of the same other name `"":0,"":0,`.
        Spaces after commas and colons, as most programs write them, add 7 bytes and stay below.
        """
        values = len(self.custom_id) + len(self.method) + len(self.url) + len(self.body)
        known = values + _LENGTH_OF_NAMES
        if not (self.custom_id and self.method and self.url and self.body):
            for name in self.__struct_fields__:
                if not getattr(self, name):
                    known -= len(name) + len('"":,')
        return len(line) - known >= _SHORTEST_MEMBER


_LENGTH_OF_NAMES: Final = len('{"custom_id":,"method":,"url":,"body":}')
_SHORTEST_MEMBER: Final = len('"url":0,')

_read_members: Final = Decoder(_Members).decode


class RequestReader:
    """Reads request lines one at a time, each by itself."""

    __slots__ = ("_names", "_read_named")

    def __init__(self) -> None:
        self._read_named = Decoder(dict[_Name, Raw], dec_hook=self._keep_name).decode
        self._names: list[str] = []

    def read(self, line: bytes) -> RequestLine:
        """Apply every rule to a line that is not blank, given without its newline."""
        try:
            check_utf8(line)
            members = _read_members(line)
        except UnicodeDecodeError as error:
            return RequestLine([_not_utf8(error.start, line)])
        except ValidationError:
            return RequestLine([_not_an_object(line)])
        except DecodeError as error:
            return RequestLine([_not_json(str(error), line)])
        except RecursionError:
            return RequestLine([too_deep()])
        if problem := self._refusal(line, members):
            return RequestLine([problem])
        request = RequestLine([])
        _check_members(members, request)
        return request

    def _refusal(self, line: bytes, members: _Members) -> Problem | None:
        """Why a JSON object with these members is no request, whatever their values."""
        if nested_deeper_than(MAX_DEPTH, line):
            return too_deep()
        if not members.leave_room_for_more(line):
            return None
        names = self._names = []
        try:
            self._read_named(line)
        except _TooManyMembersError:
            message = f"the object has more than {MAX_MEMBERS} members; a request has four"
            return Problem("invalid_request", None, message)
        if len(set(names)) == len(names):
            return None
        return Problem("invalid_request", None, lambda: _given_twice(names))

    def _keep_name(self, _: type, text: str) -> "_Name":
        self._names.append(text)
        if len(self._names) > MAX_MEMBERS:
            raise _TooManyMembersError
        return _Name()


class _Name:
    """A member's name that equals no other, so that a dict keeps every member."""

    __slots__ = ()


class _TooManyMembersError(Exception):
    pass


def _not_utf8(offset: int, line: bytes) -> Problem:
    message = f"the line is not UTF-8: byte 0x{line[offset]:02x} at offset {offset}"
    message += encoding_hint(line)
    return Problem("invalid_encoding", None, message)


def _not_an_object(line: bytes) -> Problem:
    """Why a line of UTF-8 that does not begin as an object is no request."""
    try:
        value = check_json(line)
    except DecodeError as error:
        return _not_json(str(error), line)
    except RecursionError:
        return too_deep()
    if nested_deeper_than(MAX_DEPTH, line):
        return too_deep()
    message = f"the line must be a JSON object, not {kind_of(value)}"
    return Problem("invalid_request", None, message)


def too_deep() -> Problem:
    """The problem of a line that is nested too deeply."""
    message = f"the JSON is nested deeper than {MAX_DEPTH} levels"
    return Problem("invalid_json_line", None, message)


def _not_json(error: str, line: bytes) -> Problem:
    return Problem("invalid_json_line", None, lambda: _explained(error, line))


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
    hint = encoding_hint(line) or layout_hint(line)
    return f"the line is not one JSON value: {reason}{hint}"


def _given_twice(names: list[str]) -> str:
    twice = next(name for index, name in enumerate(names) if name in names[:index])
    return f"the member {quoted(twice)} is given more than once"


def _check_members(members: _Members, request: RequestLine) -> None:
    if (custom_id := _text("custom_id", members.custom_id, request)) is not None:
        _check_custom_id(custom_id, request)
    if members.method != _POST and (method := _text("method", members.method, request)) is not None:
        _check_method(method, request)
    if (url := _text("url", members.url, request)) is not None:
        _check_url(url, request)
    if members.body:
        _check_body(members.body, request)
    else:
        _add_missing("body", request)


def _text(name: str, raw: Raw, request: RequestLine) -> str | None:
    """The value if it is a string. Anything else is noted as a problem."""
    if not raw:
        _add_missing(name, request)
        return None
    text = read_text(raw)
    if text is None:
        kind = kind_of(raw)
        request.add("invalid_type", name, lambda: f"{name} must be a string, not {kind}")
    return text


def _add_missing(name: str, request: RequestLine) -> None:
    request.add("missing_required_parameter", name, lambda: f"{name} is missing")


def _check_custom_id(text: str, request: RequestLine) -> None:
    if 0 < len(text) <= MAX_CUSTOM_ID:
        request.custom_id = text
        return
    found = f"has more than {MAX_CUSTOM_ID} characters" if text else "is empty"
    message = f"custom_id {found}; it must have 1 to {MAX_CUSTOM_ID}"
    request.add("invalid_custom_id", "custom_id", message)


def _check_method(text: str, request: RequestLine) -> None:
    if text != "POST":
        request.add(
            "invalid_method", "method", lambda: f"method must be 'POST', not {quoted(text)}"
        )


def _check_url(text: str, request: RequestLine) -> None:
    request.endpoint = ENDPOINTS.get(text)
    if request.endpoint is None:
        request.add("invalid_url", "url", lambda: _not_an_endpoint(text))


def _not_an_endpoint(url: str) -> str:
    return f"url {quoted(url)} is not one of {_ENDPOINT_LIST}{did_you_mean(url)}"


def _check_body(raw: Raw, request: RequestLine) -> None:
    members = body_members(raw)
    if members is None:
        request.add("invalid_type", "body", f"body must be an object, not {kind_of(raw)}")
    else:
        check_body(members, request)
        check_references(raw, request)
