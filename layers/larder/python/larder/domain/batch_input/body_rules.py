"""The rules of a request's body, which depend on its endpoint.

Source: contract section 4 and the request bodies in OpenAI's API reference. What they leave open is
decided here:

* When a member is given twice, the last one counts, as in most JSON parsers.
* `null` is a wrong type, except for `stream`, and for the `input` of a request that needs none.
* `/v1/responses` needs no input when the body has a prompt template, a previous response or a
  conversation to continue.
* Without a valid url the endpoint is unknown, and what it needs is not checked.
"""

from typing import Final

from msgspec import Raw, Struct, ValidationError
from msgspec.json import Decoder

from larder.domain.batch_input.endpoints import Endpoint
from larder.domain.batch_input.message_rules import check_messages
from larder.domain.batch_input.raw_json import is_empty, kind_of, read_text
from larder.domain.batch_input.report import RequestLine

_ABSENT: Final = Raw(b"")


class BodyMembers(Struct, gc=False):
    """The members of a body that have rules, each as JSON, or empty when absent."""

    model: Raw = _ABSENT
    stream: Raw = _ABSENT
    messages: Raw = _ABSENT
    input: Raw = _ABSENT
    prompt: Raw = _ABSENT
    previous_response_id: Raw = _ABSENT
    conversation: Raw = _ABSENT


_decode_members = Decoder(BodyMembers).decode


def body_members(body: Raw | bytes) -> BodyMembers | None:
    """Return the members of a body; None when the JSON is no object.

    Raises `DecodeError` or `RecursionError` when it is not well-formed JSON.
    """
    try:
        return _decode_members(body)
    except ValidationError:
        return None


def check_body(members: BodyMembers, request: RequestLine) -> None:
    """Note the body's model, and every problem of it, in the request."""
    _check_model(members.model, request)
    if members.stream:
        _check_stream(members.stream, request)
    endpoint = request.endpoint
    if endpoint is None or _has_instead(members, endpoint):
        return
    needed = getattr(members, endpoint.needs)
    if endpoint.needs == "messages":
        check_messages(needed, request)
    else:
        _check_text(endpoint.needs, needed, request)


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
    """Check a prompt or an input: a string or an array, not empty."""
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


def _has_instead(members: BodyMembers, endpoint: Endpoint) -> bool:
    """Whether the body lacks what its endpoint needs but has something instead of it."""
    if not endpoint.instead or not _is_absent(getattr(members, endpoint.needs)):
        return False
    return not all(_is_absent(getattr(members, name)) for name in endpoint.instead)


def _is_absent(raw: Raw) -> bool:
    return not raw or kind_of(raw) == "null"
