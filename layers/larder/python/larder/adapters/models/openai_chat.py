"""Models that chat, at the operator's upstreams: OpenAI's chat completions with tools."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec

from larder.domain.batch_answers import Answer, NoAnswer
from larder.domain.errors import InvalidParameterError, ModelFailedError
from larder.domain.upstreams import route
from larder.services.batches.model_ports import Call
from larder.services.chat.ports import ModelTurn, ToolCall

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from larder.domain.upstreams import Upstream
    from larder.services.batches.model_ports import ModelCalls, RateLimits, UpstreamRecords
    from larder.services.chat.ports import ModelMessage, ModelRequest
    from larder.services.clock import Clock

_ENDPOINT = "/v1/chat/completions"
_CHARACTERS_PER_TOKEN = 4
_OK = 200
_WHY = {
    NoAnswer.TIMEOUT: "did not answer in time",
    NoAnswer.CONNECTION: "cannot be reached",
    NoAnswer.TOO_LARGE: "answered more than can be read",
}


class _Function(msgspec.Struct):
    name: str
    arguments: str = "{}"


class _ToolCall(msgspec.Struct):
    function: _Function
    id: str = ""


class _Message(msgspec.Struct):
    content: str | None = None
    tool_calls: list[_ToolCall] | None = None


class _Choice(msgspec.Struct):
    message: _Message


class _Usage(msgspec.Struct):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class _Completion(msgspec.Struct):
    choices: list[_Choice]
    usage: _Usage | None = None


_DECODER = msgspec.json.Decoder(_Completion)


class UpstreamChat:
    """`ChatModel` at the upstream that serves the model; `tools` as the request names them."""

    def __init__(
        self,
        upstreams: UpstreamRecords,
        calls: ModelCalls,
        limits: RateLimits,
        clock: Clock,
        tools: Sequence[Mapping[str, Any]],
    ) -> None:
        self._upstreams = upstreams
        self._calls = calls
        self._limits = limits
        self._clock = clock
        self._tools = tools

    def __call__(self, request: ModelRequest) -> ModelTurn:
        """Send one request, and wait for its answer."""
        upstream = route(request.model, self._upstreams.list())
        if upstream is None:
            raise InvalidParameterError(
                f"No upstream of this deployment serves the model '{request.model[:64]}'. "
                "The operator adds one with 'larder upstream add'.",
                param="model",
            )
        body = json.dumps(self._body(request, upstream), ensure_ascii=False).encode()
        if upstream.requests_per_minute is not None or upstream.tokens_per_minute is not None:
            self._check_rate(upstream, request, body)
        seconds = max(1, min(upstream.timeout, int(request.seconds)))
        self._calls.begin(Call(0, replace(upstream, timeout=seconds), _ENDPOINT, body))
        found = self._calls.wait(request.seconds)
        answer = found[0][1] if found else NoAnswer.TIMEOUT
        if not found:
            self._calls.abandon()
        return _turn(upstream, answer)

    def _check_rate(self, upstream: Upstream, request: ModelRequest, body: bytes) -> None:
        tokens = len(body) // _CHARACTERS_PER_TOKEN + request.max_tokens
        grant = self._limits.take(upstream, self._clock(), requests=1, tokens=tokens)
        if grant.requests == 0:
            raise ModelFailedError(
                f"The model server '{upstream.name}' is asked as often as its operator allows. "
                "Try again in a minute."
            )

    def _body(self, request: ModelRequest, upstream: Upstream) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": upstream.model_name or request.model,
            "messages": [_message(each) for each in request.messages],
            "temperature": request.temperature,
            "max_tokens": request.max_tokens,
        }
        if request.with_tools:
            body["tools"] = self._tools
            body["tool_choice"] = "required" if request.must_call else "auto"
        return body


def _message(message: ModelMessage) -> dict[str, Any]:
    said: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.calls:
        said["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for call in message.calls
        ]
    if message.role == "tool":
        said["tool_call_id"] = message.call_id
    return said


def _turn(upstream: Upstream, answer: Answer | NoAnswer) -> ModelTurn:
    if isinstance(answer, NoAnswer):
        raise ModelFailedError(f"The model server '{upstream.name}' {_WHY[answer]}.")
    if answer.status != _OK:
        raise ModelFailedError(
            f"The model server '{upstream.name}' refused the request with status {answer.status}."
        )
    try:
        completion = _DECODER.decode(answer.body)
        message = completion.choices[0].message
    except (ValueError, RecursionError, IndexError) as error:
        raise ModelFailedError(
            f"The model server '{upstream.name}' did not answer with a chat completion."
        ) from error
    calls = message.tool_calls or []
    usage = completion.usage or _Usage()
    return ModelTurn(
        message.content or "",
        tuple(
            ToolCall(call.id or f"call_{number}", call.function.name, call.function.arguments)
            for number, call in enumerate(calls)
        ),
        usage.prompt_tokens,
        usage.completion_tokens,
    )
