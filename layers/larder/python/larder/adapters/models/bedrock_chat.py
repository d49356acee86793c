"""Models that chat, at Amazon Bedrock: the Converse API, with tools.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError, ReadTimeoutError
from botocore.parsers import ResponseParserError

from larder.adapters.models.bedrock_streams import CUT, streamed_turn
from larder.domain.errors import ModelFailedError, ThrottledError
from larder.services.chat.ports import ModelTurn, ToolCall

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from mypy_boto3_bedrock_runtime import BedrockRuntimeClient

    from larder.services.chat.ports import ChatModel, ModelMessage, ModelRequest

    type Blocks = list[dict[str, Any]]

_NO_MESSAGE = "Bedrock did not answer with a message."
_TOO_OFTEN = "Bedrock is asked too often. Try again in a minute."


class BedrockChat:
    """`ChatModel` at Bedrock for the models of a pattern, and `otherwise` for all others.

    The pattern is of ids (`amazon.nova-*`); a profile has its regions before that, with a dot
    (`eu.amazon.nova-lite-v1:0`). `client` makes a client that waits so many seconds for an answer;
    `tools` are as OpenAI's chat completions name them.
    """

    def __init__(
        self,
        pattern: str,
        client: Callable[[float], BedrockRuntimeClient],
        tools: Sequence[Mapping[str, Any]],
        otherwise: ChatModel,
    ) -> None:
        self._patterns = (pattern, f"*.{pattern}")
        self._open = client
        self._tools = [_tool(each["function"]) for each in tools]
        self._otherwise = otherwise

    def __call__(
        self, request: ModelRequest, hear: Callable[[str], None] | None = None
    ) -> ModelTurn:
        """Send one request, and wait for its answer."""
        if not any(fnmatchcase(request.model, pattern) for pattern in self._patterns):
            return self._otherwise(request, hear)
        asked: dict[str, Any] = {
            "modelId": request.model,
            "messages": _messages(request.messages),
            "inferenceConfig": {
                "maxTokens": request.max_tokens,
                "temperature": request.temperature,
            },
        }
        if system := [
            {"text": each.content}
            for each in request.messages
            if each.role == "system" and each.content.strip()
        ]:
            asked["system"] = system
        if request.with_tools:
            choice: dict[str, Any] = {"any": {}} if request.must_call else {"auto": {}}
            asked["toolConfig"] = {"tools": self._tools, "toolChoice": choice}
        with _as_model_errors():
            client = self._open(request.seconds)
            if hear is not None:
                return streamed_turn(client, asked, request.seconds, hear)
            found: Any = client.converse(**asked)
        return _turn(found)


@contextmanager
def _as_model_errors() -> Iterator[None]:
    try:
        yield
    except ThrottledError as error:
        raise ModelFailedError(_TOO_OFTEN) from error
    except ClientError as error:
        # In the middle of a stream, an exception has its name in small letters.
        code = error.response.get("Error", {}).get("Code", "unknown")
        if code.lower() == "throttlingexception":
            raise ModelFailedError(_TOO_OFTEN) from error
        raise ModelFailedError(f"Bedrock refused the request with {code}.") from error
    except (ReadTimeoutError, TimeoutError) as error:
        raise ModelFailedError("Bedrock did not answer in time.") from error
    except BotoCoreError as error:
        raise ModelFailedError("Bedrock cannot be reached.") from error
    except ResponseParserError as error:
        raise ModelFailedError(_NO_MESSAGE) from error


def _tool(function: Mapping[str, Any]) -> dict[str, Any]:
    spec = {"name": function["name"], "description": function["description"]}
    return {"toolSpec": {**spec, "inputSchema": {"json": function["parameters"]}}}


def _messages(messages: Iterable[ModelMessage]) -> Blocks:
    """Return the conversation as Bedrock takes it: two roles in turns, each with what it says.

    The results of tools are said by the user, and no text may be blank.
    """
    turns: Blocks = []
    for message in messages:
        if message.role == "system":
            continue
        role = "assistant" if message.role == "assistant" else "user"
        if blocks := _blocks(message):
            if turns and turns[-1]["role"] == role:
                turns[-1]["content"] += blocks
            else:
                turns.append({"role": role, "content": blocks})
    return turns


def _blocks(message: ModelMessage) -> Blocks:
    if message.role == "tool":
        # A result that was cut is no JSON any more.
        result = {"toolUseId": message.call_id, "content": [{"text": message.content}]}
        return [{"toolResult": result}]
    said: Blocks = [{"text": message.content}] if message.content.strip() else []
    return said + [
        {"toolUse": {"toolUseId": call.id, "name": call.name, "input": _input(call.arguments)}}
        for call in message.calls
    ]


def _input(arguments: str) -> dict[str, Any]:
    """Return the arguments as Bedrock takes them back; {} for broken ones, which were streamed."""
    try:
        found = json.loads(arguments)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _turn(answer: Mapping[str, Any]) -> ModelTurn:
    try:
        blocks = answer["output"]["message"]["content"]
        uses = [block["toolUse"] for block in blocks if "toolUse" in block]
        calls = tuple(
            ToolCall(use["toolUseId"], use["name"], json.dumps(use.get("input", {})))
            for use in uses
        )
        text = "".join(block["text"] for block in blocks if "text" in block)
    except (KeyError, TypeError) as error:
        raise ModelFailedError(_NO_MESSAGE) from error
    usage = answer.get("usage", {})
    return ModelTurn(
        text,
        calls,
        usage.get("inputTokens", 0),
        usage.get("outputTokens", 0),
        cut=answer.get("stopReason") == CUT,
    )
