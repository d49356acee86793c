"""What the body of a request needs, by the endpoint that it goes to.

Source: contract section 4 and the request bodies of OpenAI's API reference. Decided here:

* Of a member given twice the last counts, as in most JSON parsers.
* `null` is a wrong type, except for `stream`, and for the `input` of a request that needs none.
* `/v1/responses` needs no input when the body has a prompt template, a previous response or a
  conversation to go on with.
* Without a valid url the endpoint's own needs can't be known and aren't checked.
"""

from typing import Final

from msgspec import Raw, Struct, ValidationError
from msgspec.json import Decoder

from larder.domain.batch_input.endpoints import CHAT, COMPLETIONS, RESPONSES
from larder.domain.batch_input.message_rules import check_messages
from larder.domain.batch_input.raw_json import is_empty, kind_of, read_text
from larder.domain.batch_input.report import RequestLine

_ABSENT: Final = Raw(b"")


class BodyMembers(Struct, gc=False):
    """What the rules need of a body, each as JSON, or empty when absent."""

    model: Raw = _ABSENT
    stream: Raw = _ABSENT
    messages: Raw = _ABSENT
    input: Raw = _ABSENT
    prompt: Raw = _ABSENT
    previous_response_id: Raw = _ABSENT
    conversation: Raw = _ABSENT


_decode_members = Decoder(BodyMembers).decode


def body_members(body: Raw | bytes) -> BodyMembers | None:
    """The members of a body; None when the JSON is something else than an object.

    Raises `DecodeError` or `RecursionError` for what is not well-formed JSON.
    """
    try:
        return _decode_members(body)
    except ValidationError:
        return None


def check_body(members: BodyMembers, request: RequestLine) -> None:
    """Take the model from the body and note what is wrong, by the request's url if it has one."""
    _check_model(members.model, request)
    if members.stream:
        _check_stream(members.stream, request)
    if request.url == CHAT:
        check_messages(members.messages, request)
    elif request.url == COMPLETIONS:
        _check_text("prompt", members.prompt, request)
    elif request.url is not None and not (request.url == RESPONSES and _needs_no_input(members)):
        _check_text("input", members.input, request)


def _check_model(raw: Raw, request: RequestLine) -> None:
    model = read_text(raw) if raw else None
    if model:
        request.model = model
        return
    found = "missing" if not raw else "empty" if model == "" else kind_of(raw)
    request.add(
        "model_missing", "body.model", lambda: f"body.model is {found}; it must name a model"
    )


def _check_stream(raw: Raw, request: RequestLine) -> None:
    kind = kind_of(raw)
    if kind == "true":
        message = "body.stream must not be true: a batch answers whole"
        request.add("streaming_unsupported", "body.stream", message)
    elif kind not in ("false", "null"):
        request.add(
            "invalid_type",
            "body.stream",
            lambda: f"body.stream must be false or absent, not {kind}",
        )


def _check_text(name: str, raw: Raw, request: RequestLine) -> None:
    """`prompt` and `input`: a string or an array, not empty."""
    param = f"body.{name}"
    if not raw or is_empty(raw):
        found = "empty" if raw else "missing"
        request.add(
            "missing_required_parameter",
            param,
            lambda: f"{param} is {found}; it must be a string or an array",
        )
    elif (kind := kind_of(raw)) not in ("a string", "an array"):
        request.add(
            "invalid_type", param, lambda: f"{param} must be a string or an array, not {kind}"
        )


def _needs_no_input(members: BodyMembers) -> bool:
    others = (members.prompt, members.previous_response_id, members.conversation)
    return _is_absent(members.input) and not all(map(_is_absent, others))


def _is_absent(raw: Raw) -> bool:
    return not raw or kind_of(raw) == "null"
