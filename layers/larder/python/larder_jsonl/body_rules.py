"""The rules of a request's body, which depend on its endpoint.

Source: contract section 4 and the request bodies in OpenAI's API reference. Only a bad model makes
a line invalid. The rest is warned of: a model server may take what OpenAI does not. What they leave
open is decided here:

* When a member is given twice, the last one counts, as in most JSON parsers.
* `null` is a wrong type, except for `stream`, for the model of an endpoint with a default, and for
  a member that another one makes up for.
* `/v1/responses` needs no input when the body has a prompt template, a previous response or a
  conversation to continue. It may then be empty, too.
* Without a valid url the endpoint is unknown, and what it needs is not checked.
* At most 2,048 items are one `input` of embeddings. Other endpoints have no such limit.
"""

from typing import Final

from msgspec import Raw, Struct, ValidationError
from msgspec.json import Decoder

from larder_jsonl.embedding_inputs import MAX_ITEMS, count_inputs
from larder_jsonl.endpoints import MAX_MODEL_NAME, Endpoint, Need
from larder_jsonl.message_rules import check_messages
from larder_jsonl.raw_json import is_empty, kind_of, read_text
from larder_jsonl.references import text_kind
from larder_jsonl.report import RequestLine, shortened

_ABSENT: Final = Raw(b"")


class BodyMembers(Struct, gc=False):
    """The members of a body that have rules, each as JSON, or empty when absent."""

    model: Raw = _ABSENT
    stream: Raw = _ABSENT
    messages: Raw = _ABSENT
    input: Raw = _ABSENT
    prompt: Raw = _ABSENT
    images: Raw = _ABSENT
    image: Raw = _ABSENT
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
    """Note the body's model and inputs, and every problem of it, in the request."""
    endpoint = request.endpoint
    _check_model(members.model, endpoint, request)
    if members.stream:
        _check_stream(members.stream, request)
    if endpoint is None:
        return
    for need in endpoint.needs:
        if not _has_instead(members, need):
            _check_need(need, getattr(members, need.member), request)
    if endpoint.counts_inputs and members.input:
        _count_inputs(members.input, request)


def _check_model(raw: Raw, endpoint: Endpoint | None, request: RequestLine) -> None:
    if not raw or (kind_of(raw) == "null" and endpoint and endpoint.has_default_model):
        if endpoint and not endpoint.has_default_model:
            message = "body.model is missing; it must name a model"
            request.add("model_missing", "body.model", message)
        return
    name = read_text(raw)
    if name:
        request.model = shortened(name, MAX_MODEL_NAME)
        return
    found = "empty" if name == "" else kind_of(raw)
    request.add(
        "model_missing", "body.model", lambda: f"body.model is {found}; it must name a model"
    )


def _check_stream(raw: Raw, request: RequestLine) -> None:
    kind = kind_of(raw)
    if kind == "true":
        message = "body.stream is ignored: a batch asks for whole answers"
        request.warn("streaming_ignored", "body.stream", message)
    elif kind not in ("false", "null"):
        request.warn(
            "invalid_type",
            "body.stream",
            lambda: f"body.stream must be false or absent, not {kind}",
        )


def _check_need(need: Need, raw: Raw, request: RequestLine) -> None:
    if need.member == "messages":
        check_messages(raw, request)
        return
    param = f"body.{need.member}"
    if not raw or is_empty(raw):
        found = "empty" if raw else "missing"
        request.warn(
            "missing_required_parameter",
            param,
            lambda: f"{param} is {found}; it must be {' or '.join(need.kinds)}",
        )
    elif (kind := text_kind(raw)) not in need.kinds:
        request.warn(
            "invalid_type",
            param,
            lambda: f"{param} must be {' or '.join(need.kinds)}, not {kind}",
        )


def _count_inputs(raw: Raw, request: RequestLine) -> None:
    if text_kind(raw) != kind_of(raw):
        request.inputs = 1
        return
    request.inputs, items = count_inputs(raw)
    if items > MAX_ITEMS:
        request.warn(
            "invalid_type",
            "body.input",
            lambda: f"body.input has {items:,} items; OpenAI takes at most {MAX_ITEMS:,}",
        )


def _has_instead(members: BodyMembers, need: Need) -> bool:
    """Whether the body lacks the member, or has an empty one, but has something instead of it."""
    if not need.instead:
        return False
    raw = getattr(members, need.member)
    if not (_is_absent(raw) or is_empty(raw)):
        return False
    return not all(_is_absent(getattr(members, name)) for name in need.instead)


def _is_absent(raw: Raw) -> bool:
    return not raw or kind_of(raw) == "null"
