"""The rules of a chat request's messages. What breaks one is warned of.

Source: the request body of chat completions in OpenAI's API reference. What it leaves open is
decided here:

* The content of a message is a string, or an array that is not empty. It may be null or absent for
  `assistant`, which may call tools instead, and null for `function`.
* Of more than 100 messages only the first mistake is reported, so that what a line costs depends on
  its length alone.
"""

import re
from typing import Final, TypeAlias

import msgspec
from msgspec import DecodeError, Raw, Struct, ValidationError, field
from msgspec.json import Decoder

from larder_jsonl.endpoints import ROLES, Messages
from larder_jsonl.raw_json import is_empty, kind_of, read_text
from larder_jsonl.references import BUNDLE, text_kind
from larder_jsonl.report import RequestLine, quoted

MAX_MESSAGES: Final = 100

_PARAM: Final = "body.messages"
_ABSENT: Final = Raw(b"")
# From here on looking at messages one by one is cheaper than decoding their contents.
_LONG: Final = 2048
_INDEX: Final = re.compile(r"\$\[(\d+)\]")
_ROLE_LIST: Final = ", ".join(ROLES)

_Mistake: TypeAlias = tuple[str, str]
"""The member at fault, and the end of the message: what it must be, and what it is."""


class _Members(Struct, gc=False):
    role: Raw = _ABSENT
    content: Raw = _ABSENT
    bundle: Raw = field(default=_ABSENT, name=BUNDLE)


class _CheckedMembers(_Members, gc=False):
    """Checks a message while the array is decoded, and keeps nothing of it."""

    def __post_init__(self) -> None:
        mistakes = _mistakes(self)
        if mistakes:
            raise _MistakeError(*mistakes[0])
        self.role = self.content = self.bundle = _ABSENT


class _MistakeError(ValueError):
    """The first mistake; msgspec adds the place."""

    def __init__(self, member: str, message: str) -> None:
        super().__init__(member)
        self.mistake = (member, message)


_read_members: Final = Decoder(_Members).decode
_read_messages: Final = Decoder[Messages](Messages).decode
_check_all: Final = Decoder(list[_CheckedMembers]).decode
# Fails at the first message beyond the limit, where a list would decode them all.
_read_first = Decoder(
    msgspec.defstruct(
        "_FirstMessages",
        [(f"message_{index}", Raw, _ABSENT) for index in range(MAX_MESSAGES)],
        array_like=True,
        forbid_unknown_fields=True,
        gc=False,
    )
).decode


def check_messages(raw: Raw, request: RequestLine) -> None:
    """Note every problem of `body.messages`: well-formed JSON, or empty when absent."""
    if not raw or is_empty(raw):
        found = "empty" if raw else "missing"
        request.warn(
            "missing_required_parameter",
            _PARAM,
            lambda: f"{_PARAM} is {found}; it must hold at least one message",
        )
    elif (kind := kind_of(raw)) != "an array":
        request.warn(
            "invalid_type", _PARAM, lambda: f"{_PARAM} must be an array of messages, not {kind}"
        )
    elif len(raw) >= _LONG or not _are_fine(raw):
        _check_each(raw, request)


def _are_fine(raw: Raw) -> bool:
    """Whether there is certainly no mistake in the messages."""
    try:
        _read_messages(raw)
    except DecodeError:
        return False
    return True


def _check_each(raw: Raw, request: RequestLine) -> None:
    try:
        messages = msgspec.structs.astuple(_read_first(raw))
    except ValidationError:
        _find_first_mistake(raw, request)
        return
    for index, message in enumerate(messages):
        if not message:
            break
        _check_message(message, index, request)


def _find_first_mistake(raw: Raw, request: RequestLine) -> None:
    try:
        _check_all(raw)
    except ValidationError as error:
        place = _INDEX.search(str(error))
        if place is None:
            raise
        index = int(place[1])
        if isinstance(error.__cause__, _MistakeError):
            _warn(error.__cause__.mistake, index, request)
        else:
            _warn_of_no_object("something else", index, request)


def _check_message(raw: Raw, index: int, request: RequestLine) -> None:
    try:
        members = _read_members(raw)
    except ValidationError:
        _warn_of_no_object(kind_of(raw), index, request)
        return
    for mistake in _mistakes(members):
        _warn(mistake, index, request)


def _mistakes(members: _Members) -> list[_Mistake]:
    if members.bundle and kind_of(members.bundle) == "a string":
        # Whether it is right there is for `references` to say.
        return []
    mistakes = []
    text = read_text(members.role) if members.role else None
    role = text if text in ROLES else None
    if role is None:
        found = quoted(text) if text is not None else _found(members.role)
        mistakes.append(("role", f"must be one of {_ROLE_LIST}, not {found}"))
    found = text_kind(members.content) if members.content else "absent"
    if not (
        found == "a string"
        or (found == "an array" and not is_empty(members.content))
        or (found == "null" and role in ("assistant", "function", None))
        or (found == "absent" and role in ("assistant", None))
    ):
        found = found.replace("an array", "an empty array")
        mistakes.append(("content", f"must be a string or an array of parts, not {found}"))
    return mistakes


def _warn(mistake: _Mistake, index: int, request: RequestLine) -> None:
    param = f"{_PARAM}[{index}].{mistake[0]}"
    request.warn("invalid_type", param, f"{param} {mistake[1]}")


def _warn_of_no_object(found: str, index: int, request: RequestLine) -> None:
    param = f"{_PARAM}[{index}]"
    message = f"{param} must be an object with role and content, not {found}"
    request.warn("invalid_type", param, message)


def _found(raw: Raw) -> str:
    return kind_of(raw) if raw else "absent"
