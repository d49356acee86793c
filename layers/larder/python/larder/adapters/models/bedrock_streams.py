"""Answers of Bedrock that come as events, put together: ConverseStream.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.eventstream import ParserError
from urllib3.exceptions import HTTPError, ReadTimeoutError

from larder.adapters.models.as_it_comes import as_it_comes
from larder.domain.errors import ModelFailedError
from larder.services.chat.ports import ModelTurn, ToolCall

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mypy_boto3_bedrock_runtime import BedrockRuntimeClient

CUT = "max_tokens"
"""Why a message ends that has no tokens left."""

_BROKEN = "Bedrock broke off in the middle of its answer."


def streamed_turn(
    client: BedrockRuntimeClient,
    asked: Mapping[str, Any],
    seconds: float,
    hear: Callable[[str], None],
) -> ModelTurn:
    """Return the model's answer; `hear` gets its text as it comes.

    Raises:
        TimeoutError: it has not ended after these seconds.
        ModelFailedError: a part of it is missing.
        ClientError: Bedrock reports an error. So does any other exception of botocore's.
    """

    def produce(put: Callable[[Mapping[str, Any]], None]) -> None:
        stream: Any = client.converse_stream(**asked)["stream"]
        try:
            for event in stream:
                put(event)
        finally:
            stream.close()

    message = _Message()
    try:
        for events in as_it_comes(produce, seconds):
            if text := "".join(map(message.add, events)):
                hear(text)
    except ReadTimeoutError as error:
        raise TimeoutError from error
    except (HTTPError, ParserError) as error:
        raise ModelFailedError(_BROKEN) from error
    return message.turn()


class _Message:
    """A message that comes in parts."""

    def __init__(self) -> None:
        self._text: list[str] = []
        self._uses: dict[int, Mapping[str, str]] = {}
        self._inputs: dict[int, list[str]] = {}
        self._usage: Mapping[str, int] = {}
        self._why: str | None = None

    def add(self, event: Mapping[str, Any]) -> str:
        """Take an event, and return the text that it adds."""
        match event:
            case {"contentBlockDelta": {"delta": {"text": text}}}:
                self._text.append(text)
                return str(text)
            case {"contentBlockStart": {"contentBlockIndex": index, "start": {"toolUse": use}}}:
                self._uses[index] = use
            case {"contentBlockDelta": {"contentBlockIndex": index, "delta": {"toolUse": part}}}:
                self._inputs.setdefault(index, []).append(part["input"])
            case {"messageStop": stop}:
                self._why = stop.get("stopReason", "")
            case {"metadata": {"usage": usage}}:
                self._usage = usage
        return ""

    def turn(self) -> ModelTurn:
        """Return the message.

        Raises:
            ModelFailedError: its end has not come.
        """
        if self._why is None:
            raise ModelFailedError(_BROKEN)
        return ModelTurn(
            "".join(self._text),
            tuple(
                ToolCall(
                    use["toolUseId"], use["name"], "".join(self._inputs.get(index, ())) or "{}"
                )
                for index, use in self._uses.items()
            ),
            self._usage.get("inputTokens", 0),
            self._usage.get("outputTokens", 0),
            cut=self._why == CUT,
        )
