"""How a scripted server of models streams a message: well, and in each way that goes wrong."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

type Message = dict[str, Any]
type Form = Callable[[Message, dict[str, Any]], Iterator[bytes]]
"""Gets a message and the request, and yields what is sent, each piece at once."""

DONE = b"data: [DONE]\n\n"
USAGE = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}


def chunk(delta: dict[str, Any], finish_reason: str | None = None, **more: Any) -> bytes:
    """Return a chunk of a chat completion, as an event."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    body = {"object": "chat.completion.chunk", "choices": [choice], **more}
    return b"data: " + json.dumps(body, ensure_ascii=False).encode() + b"\n\n"


def text_chunks(text: str, size: int = 3) -> Iterator[bytes]:
    """Yield text, a few characters at a time."""
    for begin in range(0, len(text), size):
        yield chunk({"content": text[begin : begin + size]})


def call_chunks(calls: list[dict[str, Any]], size: int = 5) -> Iterator[bytes]:
    """Yield calls of tools as OpenAI does: the name first, then the arguments in fragments."""
    for index, call in enumerate(calls):
        function = call["function"]
        head = {"name": function["name"], "arguments": ""}
        part = {"index": index, "id": call["id"], "type": "function", "function": head}
        yield chunk({"tool_calls": [part]})
        arguments = function["arguments"]
        for begin in range(0, len(arguments), size):
            fragment = {"arguments": arguments[begin : begin + size]}
            yield chunk({"tool_calls": [{"index": index, "function": fragment}]})


def finish_reason(message: Message) -> str:
    """Return why a message ends; one says so itself when it was cut."""
    return str(message.get("why") or ("tool_calls" if message.get("tool_calls") else "stop"))


def last_chunks(message: Message, request: dict[str, Any]) -> Iterator[bytes]:
    """Yield what ends a stream."""
    yield chunk({}, finish_reason(message))
    if request.get("stream_options", {}).get("include_usage"):
        yield b"data: " + json.dumps({"choices": [], "usage": USAGE}).encode() + b"\n\n"
    yield DONE


def fragments(message: Message, request: dict[str, Any]) -> Iterator[bytes]:
    """Stream as OpenAI does."""
    yield chunk({"role": "assistant", "content": ""})
    yield from text_chunks(message.get("content") or "")
    yield from call_chunks(message.get("tool_calls") or [])
    yield from last_chunks(message, request)


def byte_by_byte(message: Message, request: dict[str, Any]) -> Iterator[bytes]:
    """Stream with other line ends and comments, and every byte by itself."""
    whole = b": hello\r\n\r\n" + b"".join(fragments(message, request)).replace(b"\n", b"\r\n")
    yield from (whole[at : at + 1] for at in range(len(whole)))


def cut(message: Message, request: dict[str, Any]) -> Iterator[bytes]:
    """End in the middle, without a word."""
    pieces = list(fragments(message, request))
    yield from pieces[: len(pieces) // 2]


def failing(message: Message, _: dict[str, Any]) -> Iterator[bytes]:
    """Report an error in place of the rest."""
    yield from text_chunks(message.get("content") or "")
    yield b'data: {"error": {"message": "secrets of the server", "code": 500}}\n\n'
    yield DONE


def wrong_json(message: Message, request: dict[str, Any]) -> Iterator[bytes]:
    """Send a chunk that is no JSON, and go on."""
    yield from text_chunks(message.get("content") or "")
    yield b'data: {"choices": [{"delta": {"content": \n\n'
    yield from last_chunks(message, request)


def endless(message: Message, _: dict[str, Any]) -> Iterator[bytes]:
    """Talk for ever."""
    while True:
        yield from text_chunks(message.get("content") or "on and on ")


class Held:
    """Streams as `fragments`, and holds each piece back until the test lets one more go."""

    def __init__(self) -> None:
        self._may_go = threading.Semaphore(0)

    def let_go(self, pieces: int = 1) -> None:
        """Let so many more pieces go."""
        self._may_go.release(pieces)

    def __call__(self, message: Message, request: dict[str, Any]) -> Iterator[bytes]:
        """Stream so."""
        for piece in fragments(message, request):
            assert self._may_go.acquire(timeout=20)
            yield piece
