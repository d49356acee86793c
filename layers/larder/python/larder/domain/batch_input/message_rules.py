"""The rules of a chat request's messages.

Source: the request body of chat completions in OpenAI's API reference. What it leaves open is
decided here:

* The content of a message is a string or an array. It may be null or absent for `assistant`, which
  may call tools instead, and null for `function`.
* Of more than 10 messages only the first bad one is reported, so that what a line costs depends on
  its length alone. There a message that gives its role twice is bad too.
"""

import re
from typing import Final

import msgspec
from msgspec import DecodeError, Raw, Struct, ValidationError
from msgspec.json import Decoder

from larder.domain.batch_input.endpoints import ROLES, Messages
from larder.domain.batch_input.raw_json import is_empty, kind_of, read_text
from larder.domain.batch_input.report import RequestLine, quoted

MAX_MESSAGES: Final = 10

_PARAM: Final = "body.messages"
_ABSENT: Final = Raw(b"")
_ROLE_LIST: Final = ", ".join(ROLES)
# From here on looking at messages one by one is cheaper than decoding their contents.
_LONG: Final = 2048
_INDEX: Final = re.compile(r"\$(\[\d+\])")


class _Members(Struct, gc=False):
    role: Raw = _ABSENT
    content: Raw = _ABSENT


_read_members: Final = Decoder(_Members).decode
_read_messages: Final = Decoder[Messages](Messages).decode
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
    if 0 < len(raw) < _LONG and _refusal(raw) is None:
        return
    if not raw or is_empty(raw):
        found = "empty" if raw else "missing"
        request.add(
            "missing_required_parameter",
            _PARAM,
            lambda: f"{_PARAM} is {found}; it must hold at least one message",
        )
    elif (kind := kind_of(raw)) != "an array":
        request.add(
            "invalid_type", _PARAM, lambda: f"{_PARAM} must be an array of messages, not {kind}"
        )
    else:
        _check_each(raw, request)


def _refusal(raw: Raw) -> str | None:
    """Why msgspec refuses the messages as a whole; None when all are valid."""
    try:
        _read_messages(raw)
    except DecodeError as error:
        return str(error)
    return None


def _check_each(raw: Raw, request: RequestLine) -> None:
    try:
        messages = msgspec.structs.astuple(_read_first(raw))
    except ValidationError:
        reason = _refusal(raw)
        if reason is not None:
            param = _first_bad(reason)
            request.add(
                "invalid_type",
                param,
                lambda: f"{param} is not what a message needs: a known role, and a text or parts",
            )
        return
    for index, message in enumerate(messages):
        if not message:
            break
        _check_message(message, index, request)


def _first_bad(reason: str) -> str:
    """The param that msgspec's reason names."""
    index = _INDEX.search(reason)
    members = [name for name in ("role", "content") if f"{name}`" in reason]
    return _PARAM + (index[1] if index else "") + (f".{members[0]}" if members else "")


def _check_message(raw: Raw, index: int, request: RequestLine) -> None:
    try:
        members = _read_members(raw)
    except ValidationError:
        request.add(
            "invalid_type",
            f"{_PARAM}[{index}]",
            lambda: (
                f"{_PARAM}[{index}] must be an object with role and content, not {kind_of(raw)}"
            ),
        )
        return
    text = read_text(members.role) if members.role else None
    role = text if text in ROLES else None
    if role is None:
        request.add(
            "invalid_type", f"{_PARAM}[{index}].role", lambda: _not_a_role(text, members, index)
        )
    found = _found(members.content)
    if not (
        found in ("a string", "an array")
        or (found == "null" and role in ("assistant", "function", None))
        or (found == "absent" and role in ("assistant", None))
    ):
        request.add(
            "invalid_type",
            f"{_PARAM}[{index}].content",
            lambda: f"{_PARAM}[{index}].content must be a string or an array, not {found}",
        )


def _not_a_role(text: str | None, members: _Members, index: int) -> str:
    found = quoted(text) if text is not None else _found(members.role)
    return f"{_PARAM}[{index}].role must be one of {_ROLE_LIST}, not {found}"


def _found(raw: Raw) -> str:
    return kind_of(raw) if raw else "absent"
