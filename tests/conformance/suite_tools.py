"""The tools that the conformance suite calls by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from larder.api.mcp.messages import INVALID_PARAMS, RpcError
from larder.domain.signatures import sign, signed_message

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MISSING_CAPABILITY = -32021
PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGA"
    "hKmMIQAAAABJRU5ErkJggg=="
)
SILENCE = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA="
_KEY = b"the fixture's key"


@dataclass(frozen=True)
class Call:
    """A call of a tool without arguments."""

    can_ask: bool
    state: str | None
    responses: Mapping[str, Any]


def text(said: str) -> dict[str, Any]:
    return {"type": "text", "text": said}


def image() -> dict[str, Any]:
    return {"type": "image", "data": PIXEL, "mimeType": "image/png"}


def resource(uri: str, said: str, mime_type: str = "text/plain") -> dict[str, Any]:
    return {"type": "resource", "resource": {"uri": uri, "mimeType": mime_type, "text": said}}


def _content(*parts: dict[str, Any]) -> Callable[[Call], dict[str, Any]]:
    return lambda _: {"content": list(parts)}


def _form(message: str, name: str, kind: str = "string") -> dict[str, Any]:
    schema = {"type": "object", "properties": {name: {"type": kind}}, "required": [name]}
    params = {"mode": "form", "message": message, "requestedSchema": schema}
    return {"method": "elicitation/create", "params": params}


def _sampling(said: str, tokens: int) -> dict[str, Any]:
    messages = [{"role": "user", "content": text(said)}]
    params = {"messages": messages, "maxTokens": tokens}
    return {"method": "sampling/createMessage", "params": params}


_ROOTS: dict[str, Any] = {"method": "roots/list", "params": {}}
_NAME = _form("What is your name?", "name")


def _asks(requests: dict[str, Any], *, signed: bool = False) -> Callable[[Call], dict[str, Any]]:
    """Return a tool that asks until every request has an answer."""

    def act(call: Call) -> dict[str, Any]:
        if signed and call.state is not None:
            _check(call.state)
        answers = [call.responses.get(name) for name in requests]
        if all(isinstance(each, dict) for each in answers):
            return {"content": [text(f"state-ok: {answers}")]}
        state = {"requestState": sign(b"asked", b"", _KEY)} if signed else {}
        return {"resultType": "input_required", "inputRequests": requests, **state}

    return act


def _check(state: str) -> bytes:
    message = signed_message(state, b"", [_KEY])
    if message is None:
        raise RpcError(INVALID_PARAMS, "requestState is not what this server gave out.")
    return message


def _two_rounds(call: Call) -> dict[str, Any]:
    asked = None if call.state is None else _check(call.state)
    if asked == b"step2" and "step2" in call.responses:
        return {"content": [text("done")]}
    step = "step2" if asked == b"step1" and "step1" in call.responses else "step1"
    return {
        "resultType": "input_required",
        "inputRequests": {step: _form(f"{step}: What is it?", "name")},
        "requestState": sign(step.encode(), b"", _KEY),
    }


def _only_what_the_client_can(call: Call) -> dict[str, Any]:
    return _asks({"name": _NAME} if call.can_ask else {"capital": _sampling("Which?", 9)})(call)


def _needs_sampling(_: Call) -> dict[str, Any]:
    data: dict[str, Any] = {"requiredCapabilities": {"sampling": {}}}
    raise RpcError(MISSING_CAPABILITY, "This tool needs a client that samples.", data=data)


TOOLS: dict[str, Callable[[Call], dict[str, Any]]] = {
    "test_simple_text": _content(text("This is a simple text response for testing.")),
    "test_image_content": _content(image()),
    "test_audio_content": _content({"type": "audio", "data": SILENCE, "mimeType": "audio/wav"}),
    "test_embedded_resource": _content(resource("test://embedded-resource", "embedded")),
    "test_multiple_content_types": _content(
        text("Multiple content types test:"),
        image(),
        resource("test://mixed-content-resource", '{"value": 123}', "application/json"),
    ),
    "test_error_handling": lambda _: {
        "content": [text("This tool intentionally returns an error for testing")],
        "isError": True,
    },
    "test_logging_tool": _content(text("It logs nothing.")),
    "test_missing_capability": _needs_sampling,
    "test_streaming_elicitation": _asks({"user_name": _NAME}),
    "test_input_required_result_elicitation": _asks({"user_name": _NAME}),
    "test_input_required_result_sampling": _asks(
        {"capital_question": _sampling("What is the capital of France?", 100)}
    ),
    "test_input_required_result_list_roots": _asks({"client_roots": _ROOTS}),
    "test_input_required_result_request_state": _asks(
        {"confirm": _form("Please confirm", "ok", "boolean")}, signed=True
    ),
    "test_input_required_result_multiple_inputs": _asks(
        {"user_name": _NAME, "greeting": _sampling("Greet", 50), "client_roots": _ROOTS},
        signed=True,
    ),
    "test_input_required_result_multi_round": _two_rounds,
    "test_input_required_result_tampered_state": _asks(
        {"confirm": _form("Please confirm", "ok", "boolean")}, signed=True
    ),
    "test_input_required_result_capabilities": _only_what_the_client_can,
}

_DIALECT = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
        }
    },
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}


def listed() -> list[dict[str, Any]]:
    """Return the tools as they are listed; the last one is there for its schema alone."""
    plain = [
        {"name": name, "description": f"For the suite: {name}", "inputSchema": {"type": "object"}}
        for name in TOOLS
    ]
    dialect = {"name": "json_schema_2020_12_tool", "description": "A schema with all keywords"}
    return [*plain, {**dialect, "inputSchema": _DIALECT}]
