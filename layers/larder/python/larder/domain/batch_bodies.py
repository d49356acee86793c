"""What the body of a request needs, by the endpoint that it goes to.

Source: contract section 4 and the request bodies of OpenAI's API reference. Decided here:

* Of a member given twice the last counts, as in most JSON parsers.
* `null` is a wrong type, except for `stream`, and for the `input` of a request that needs none.
* A message's content is a string or an array. It may be null or absent for `assistant`, which may
  call tools instead, and null for `function`.
* `/v1/responses` needs no input when the body has a prompt template, a previous response or a
  conversation to go on with.
* Without a valid url the endpoint's own needs can't be known and aren't checked.
* Of more than 100 messages only the first bad one is reported, so that no line costs more than
  its length allows.
"""

import re
from typing import Final

import msgspec
from msgspec import Raw, Struct, ValidationError
from msgspec.json import Decoder

from larder.domain.batch_json import is_empty, kind_of, read_text
from larder.domain.batch_report import Problem, quoted
from larder.domain.batch_shapes import (
    CHAT,
    COMPLETIONS,
    RESPONSES,
    ROLES,
    read_messages,
)

MAX_MESSAGES: Final = 100

_ABSENT: Final = Raw(b"")
_ROLE_LIST: Final = ", ".join(ROLES)
_PLACE: Final = re.compile(r"\$\[(\d+)\]")


class _Members(Struct, gc=False):
    model: Raw = _ABSENT
    stream: Raw = _ABSENT
    messages: Raw = _ABSENT
    input: Raw = _ABSENT
    prompt: Raw = _ABSENT
    previous_response_id: Raw = _ABSENT
    conversation: Raw = _ABSENT


class _MessageMembers(Struct, gc=False):
    role: Raw = _ABSENT
    content: Raw = _ABSENT


_read_members = Decoder(_Members).decode
_read_message_members = Decoder(_MessageMembers).decode
# Fails on one element too many instead of keeping them all.
_read_first_messages = Decoder(
    msgspec.defstruct(
        "_Messages",
        [(f"message_{index}", Raw, _ABSENT) for index in range(MAX_MESSAGES)],
        array_like=True,
        forbid_unknown_fields=True,
        gc=False,
    )
).decode


def read_body(body: Raw, url: str | None, problems: list[Problem]) -> str | None:
    """The body's model, if it is valid; what is wrong with the body is appended to `problems`.

    `body` is a well-formed JSON object, `url` a valid endpoint or None.
    """
    members = _read_members(body)
    model = _model(members.model, problems)
    _check_stream(members.stream, problems)
    if url == CHAT:
        _check_messages(members.messages, problems)
    elif url == COMPLETIONS:
        _check_text("prompt", members.prompt, problems)
    elif url is not None and not (url == RESPONSES and _needs_no_input(members)):
        _check_text("input", members.input, problems)
    return model


def _model(raw: Raw, problems: list[Problem]) -> str | None:
    model = read_text(raw) if raw else None
    if model:
        return model
    found = "missing" if not raw else "empty" if model == "" else kind_of(raw)
    message = f"body.model is {found}; it must name a model"
    problems.append(Problem("model_missing", "body.model", message))
    return None


def _check_stream(raw: Raw, problems: list[Problem]) -> None:
    if not raw:
        return
    kind = kind_of(raw)
    if kind == "true":
        message = "body.stream must not be true: a batch answers whole"
        problems.append(Problem("streaming_unsupported", "body.stream", message))
    elif kind not in ("false", "null"):
        message = f"body.stream must be false or absent, not {kind}"
        problems.append(Problem("invalid_type", "body.stream", message))


def _is_absent(raw: Raw) -> bool:
    return not raw or kind_of(raw) == "null"


def _needs_no_input(members: _Members) -> bool:
    others = (members.prompt, members.previous_response_id, members.conversation)
    return _is_absent(members.input) and not all(map(_is_absent, others))


def _check_text(name: str, raw: Raw, problems: list[Problem]) -> None:
    """`prompt` and `input`: a string or an array, not empty."""
    param = f"body.{name}"
    if not raw or is_empty(raw):
        found = "empty" if raw else "missing"
        message = f"{param} is {found}; it must be a string or an array"
        problems.append(Problem("missing_required_parameter", param, message))
    elif (kind := kind_of(raw)) not in ("a string", "an array"):
        message = f"{param} must be a string or an array, not {kind}"
        problems.append(Problem("invalid_type", param, message))


def _check_messages(raw: Raw, problems: list[Problem]) -> None:
    param = "body.messages"
    kind = kind_of(raw) if raw else "missing"
    if not raw or (kind == "an array" and is_empty(raw)):
        found = "empty" if raw else "missing"
        message = f"{param} is {found}; it must hold at least one message"
        problems.append(Problem("missing_required_parameter", param, message))
    elif kind != "an array":
        message = f"{param} must be an array of messages, not {kind}"
        problems.append(Problem("invalid_type", param, message))
    else:
        _check_each_message(raw, problems)


def _check_each_message(raw: Raw, problems: list[Problem]) -> None:
    try:
        read_messages(raw)
    except ValidationError as error:
        first_bad = _PLACE.search(str(error))
    else:
        return
    try:
        messages = _read_first_messages(raw)
    except ValidationError:
        param = f"body.messages[{first_bad[1]}]" if first_bad else "body.messages"
        message = f"{param} is not a message with a known role and a content"
        problems.append(Problem("invalid_type", param, message))
        return
    for index, message in enumerate(msgspec.structs.astuple(messages)):
        if not message:
            break
        _check_message(message, f"body.messages[{index}]", problems)


def _check_message(raw: Raw, param: str, problems: list[Problem]) -> None:
    kind = kind_of(raw)
    if kind != "an object":
        message = f"{param} must be an object with role and content, not {kind}"
        problems.append(Problem("invalid_type", param, message))
        return
    members = _read_message_members(raw)
    role = _role(members.role, param, problems)
    found = kind_of(members.content) if members.content else "absent"
    if found in ("a string", "an array"):
        return
    if found == "null" and role in ("assistant", "function", None):
        return
    if found == "absent" and role in ("assistant", None):
        return
    message = f"{param}.content must be a string or an array, not {found}"
    problems.append(Problem("invalid_type", f"{param}.content", message))


def _role(raw: Raw, param: str, problems: list[Problem]) -> str | None:
    role = read_text(raw) if raw else None
    if role in ROLES:
        return role
    found = quoted(role) if role is not None else kind_of(raw) if raw else "absent"
    message = f"{param}.role must be one of {_ROLE_LIST}, not {found}"
    problems.append(Problem("invalid_type", f"{param}.role", message))
    return None
