"""Chat completions that come as server-sent events, put together.

https://platform.openai.com/docs/api-reference/chat-streaming
"""

from __future__ import annotations

from typing import Any

import msgspec

from larder.adapters.models.sse import EventParser

CUT = "length"
"""Why a completion ends that has no tokens left."""


class _Function(msgspec.Struct):
    """A part of a function's call."""

    name: str | None = None
    arguments: str | None = None


class _CallPart(msgspec.Struct):
    index: int | None = None
    id: str | None = None
    function: _Function | None = None


class _Delta(msgspec.Struct):
    content: str | None = None
    tool_calls: list[_CallPart] | None = None


class _Choice(msgspec.Struct):
    index: int = 0
    delta: _Delta | None = None
    finish_reason: str | None = None


class Usage(msgspec.Struct):
    """The tokens that an answer took."""

    prompt_tokens: int = 0
    completion_tokens: int = 0


class _Chunk(msgspec.Struct):
    choices: list[_Choice] = []
    usage: Usage | None = None
    error: Any = None


_DECODER = msgspec.json.Decoder(_Chunk)


class CallParts:
    """A call of a tool, of which parts have come."""

    def __init__(self) -> None:
        self.id = self.name = ""
        self.arguments: list[str] = []


class StreamedCompletion:
    """A chat completion that comes in chunks.

    `ended` says that nothing of its message is missing, `done` that nothing at all comes after it,
    `cut` that the model would have said more. `failed` says that the server reported an error in
    it, or that it cannot be understood.
    """

    def __init__(self) -> None:
        self.began = self.ended = self.done = self.cut = self.failed = False
        self.text: list[str] = []
        self.calls: list[CallParts] = []
        self.usage: Usage | None = None
        self._events = EventParser()
        self._by_index: dict[int | None, CallParts] = {}

    def feed(self, piece: bytes) -> str:
        """Take a piece of the stream, and return the text that it adds."""
        self.began = True
        before = len(self.text)
        try:
            for name, data in self._events.feed(piece):
                self._take(name, data)
        except (ValueError, RecursionError):
            self.failed = True
        return "".join(self.text[before:])

    def _take(self, name: bytes, data: bytes) -> None:
        if data == b"[DONE]":
            self.ended = self.done = True
            return
        chunk = _DECODER.decode(data)
        if name == b"error" or chunk.error is not None:
            self.failed = True
            return
        self.usage = chunk.usage or self.usage
        for choice in chunk.choices:
            if choice.index == 0:
                self._add(choice)

    def _add(self, choice: _Choice) -> None:
        delta = choice.delta or _Delta()
        if delta.content:
            self.text.append(delta.content)
        for part in delta.tool_calls or ():
            call = self._call_of(part)
            function = part.function or _Function()
            call.name += function.name or ""
            if function.arguments:
                call.arguments.append(function.arguments)
        if choice.finish_reason is not None:
            self.ended, self.cut = True, choice.finish_reason == CUT

    def _call_of(self, part: _CallPart) -> CallParts:
        """Return the call that the part belongs to, which may be a new one.

        Some servers send no index, or the same one for every call: then the id tells them apart.
        """
        call = self._by_index.get(part.index)
        if call is None or (part.id and call.id and part.id != call.id):
            call = self._by_index[part.index] = CallParts()
            self.calls.append(call)
        call.id = call.id or part.id or ""
        return call
