"""Models that chat, at the operator's upstreams: OpenAI's chat completions with tools."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec

from larder.adapters.models.openai_chunks import CUT, StreamedCompletion, Usage
from larder.adapters.models.openai_streams import ChatStreams, chat_call
from larder.domain.batch_answers import Answer, NoAnswer
from larder.domain.errors import InvalidParameterError, ModelFailedError
from larder.domain.upstreams import route
from larder.services.chat.ports import ModelTurn, ToolCall

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from larder.adapters.models.openai_http import HttpModelCalls
    from larder.domain.upstreams import Upstream
    from larder.services.batches.model_ports import RateLimits, UpstreamRecords
    from larder.services.chat.ports import ModelMessage, ModelRequest
    from larder.services.clock import Clock

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
    finish_reason: str | None = None


class _Completion(msgspec.Struct):
    choices: list[_Choice]
    usage: Usage | None = None


_DECODER = msgspec.json.Decoder(_Completion)


class UpstreamChat:
    """`ChatModel` at the upstream that serves the model; `tools` as the request names them."""

    def __init__(
        self,
        upstreams: UpstreamRecords,
        calls: HttpModelCalls,
        limits: RateLimits,
        clock: Clock,
        tools: Sequence[Mapping[str, Any]],
    ) -> None:
        self._upstreams = upstreams
        self._calls = calls
        self._streams = ChatStreams(calls)
        self._limits = limits
        self._clock = clock
        self._tools = tools

    def __call__(
        self, request: ModelRequest, hear: Callable[[str], None] | None = None
    ) -> ModelTurn:
        """Send one request, and wait for its answer."""
        upstream = route(request.model, self._upstreams.list())
        if upstream is None:
            raise InvalidParameterError(
                f"No upstream of this deployment serves the model '{request.model[:64]}'. "
                "The operator adds one with 'larder upstream add'.",
                param="model",
            )
        asked = self._body(request, upstream)
        call = chat_call(upstream, asked, request.seconds)
        if upstream.requests_per_minute is not None or upstream.tokens_per_minute is not None:
            self._check_rate(upstream, request, call.body)
        if hear is not None:
            return self._stream(upstream, asked, request.seconds, hear)
        self._calls.begin(call)
        found = self._calls.wait(request.seconds)
        answer = found[0][1] if found else NoAnswer.TIMEOUT
        if not found:
            self._calls.abandon()
        return _turn(upstream, answer)

    def _stream(
        self,
        upstream: Upstream,
        asked: dict[str, Any],
        seconds: float,
        hear: Callable[[str], None],
    ) -> ModelTurn:
        completion, answer = self._streams(upstream, asked, seconds, hear)
        if completion.began:
            return _whole(upstream, completion, answer)
        # The server does not stream.
        turn = _turn(upstream, answer)
        if turn.content:
            hear(turn.content)
        return turn

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


def _whole(
    upstream: Upstream, completion: StreamedCompletion, answer: Answer | NoAnswer
) -> ModelTurn:
    """Return the message of a stream.

    Raises:
        ModelFailedError: a part of it is missing.
    """
    if completion.failed or not completion.ended:
        why = "broke off in the middle of its answer"
        if isinstance(answer, NoAnswer) and answer is not NoAnswer.CONNECTION:
            why = _WHY[answer]
        raise ModelFailedError(f"The model server '{upstream.name}' {why}.")
    calls = [(call.id, call.name, "".join(call.arguments)) for call in completion.calls]
    turn = _as_turn("".join(completion.text), calls, completion.usage)
    return replace(turn, cut=completion.cut)


def _turn(upstream: Upstream, answer: Answer | NoAnswer) -> ModelTurn:
    if isinstance(answer, NoAnswer):
        raise ModelFailedError(f"The model server '{upstream.name}' {_WHY[answer]}.")
    if answer.status != _OK:
        raise ModelFailedError(
            f"The model server '{upstream.name}' refused the request with status {answer.status}."
        )
    try:
        completion = _DECODER.decode(answer.body)
        [choice, *_] = completion.choices
    except (ValueError, RecursionError) as error:
        raise ModelFailedError(
            f"The model server '{upstream.name}' did not answer with a chat completion."
        ) from error
    calls = [
        (call.id, call.function.name, call.function.arguments)
        for call in choice.message.tool_calls or ()
    ]
    turn = _as_turn(choice.message.content or "", calls, completion.usage)
    return replace(turn, cut=choice.finish_reason == CUT)


def _as_turn(text: str, calls: Sequence[tuple[str, str, str]], usage: Usage | None) -> ModelTurn:
    if usage is None:
        # The budget of tokens holds for a server that does not count them as well.
        written = len(text) + sum(len(arguments) for _, _, arguments in calls)
        usage = Usage(completion_tokens=written // _CHARACTERS_PER_TOKEN + 1)
    return ModelTurn(
        text,
        tuple(
            ToolCall(call_id or f"call_{number}", name, arguments)
            for number, (call_id, name, arguments) in enumerate(calls)
        ),
        usage.prompt_tokens,
        usage.completion_tokens,
    )
