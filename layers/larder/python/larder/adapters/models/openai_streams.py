"""Chat completions of OpenAI-compatible servers that are taken while they come."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from larder.adapters.models.as_it_comes import as_it_comes
from larder.adapters.models.openai_chunks import StreamedCompletion
from larder.adapters.models.openai_http import read_whole
from larder.domain.batch_answers import MAX_ANSWER_BYTES, Answer, NoAnswer
from larder.services.batches.model_ports import Call

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from urllib3 import BaseHTTPResponse

    from larder.adapters.models.openai_http import HttpModelCalls
    from larder.domain.upstreams import Upstream

_BLOCK = 64 * 2**10
_OK = 200
_EVENTS = "text/event-stream"
# Compressed, an event might wait for the next one.
_HEADERS = {"Accept": _EVENTS, "Accept-Encoding": "identity"}


_FORMS: Sequence[dict[str, Any]] = (
    {"stream": True, "stream_options": {"include_usage": True}},
    {"stream": True},
    {},
)
"""How a stream is asked for: a server that refuses a form is asked in a later one."""

_REFUSALS = frozenset({400, 422})
_OF_STREAM = re.compile(rb"\bstream")


def chat_call(upstream: Upstream, asked: Mapping[str, Any], seconds: float) -> Call:
    """Return the call that asks an upstream this, and may take that long."""
    timeout = max(1, min(upstream.timeout, int(seconds)))
    body = json.dumps(asked, ensure_ascii=False).encode()
    return Call(0, replace(upstream, timeout=timeout), "/v1/chat/completions", body)


class ChatStreams:
    """Asks for streams, over the connections of `calls`."""

    def __init__(self, calls: HttpModelCalls) -> None:
        self._calls = calls
        self._forms: dict[str, int] = {}

    def __call__(
        self,
        upstream: Upstream,
        asked: Mapping[str, Any],
        seconds: float,
        hear: Callable[[str], None],
    ) -> tuple[StreamedCompletion, Answer | NoAnswer]:
        """Return what has come of a stream, and how it ended; `hear` gets its text as it comes.

        If nothing has, the answer is what the server sent in place of one.
        """
        deadline = time.monotonic() + seconds
        form = self._forms.get(upstream.base_url, 0)
        while True:
            left = max(1.0, deadline - time.monotonic())
            call = chat_call(upstream, {**asked, **_FORMS[form]}, left)
            completion, answer = self._heard(call, left, hear)
            later = _later_form(form, answer)
            if later is None:
                return completion, answer
            form = self._forms[upstream.base_url] = later

    def _heard(
        self, call: Call, seconds: float, hear: Callable[[str], None]
    ) -> tuple[StreamedCompletion, Answer | NoAnswer]:
        completion = StreamedCompletion()
        for found in self._found(call, seconds):
            if not isinstance(found, bytes):
                return completion, found
            if text := completion.feed(found):
                hear(text)
            if completion.done or completion.failed:
                # Some servers keep the connection open.
                break
        return completion, NoAnswer.CONNECTION

    def _found(self, call: Call, seconds: float) -> Iterator[bytes | Answer | NoAnswer]:
        """Yield the pieces of a stream, and at last the answer; its body is what was no stream."""

        def produce(put: Callable[[bytes | Answer | NoAnswer], None]) -> None:
            def read(response: BaseHTTPResponse, deadline: float) -> bytes | NoAnswer:
                kind = response.headers.get("content-type", "")
                if response.status != _OK or not kind.lower().startswith(_EVENTS):
                    return read_whole(response, deadline)
                return _read_pieces(response, deadline, put)

            put(self._calls.ask(call, read, _HEADERS))

        try:
            for items in as_it_comes(produce, seconds):
                yield from _joined(items)
        except TimeoutError:
            yield NoAnswer.TIMEOUT


def _later_form(form: int, answer: Answer | NoAnswer) -> int | None:
    """Return the form for a server that refuses this one; None if it does not, or none is left."""
    if isinstance(answer, NoAnswer) or answer.status not in _REFUSALS or not _FORMS[form]:
        return None
    if form == 0 and b"stream_options" in answer.body:
        return 1
    return len(_FORMS) - 1 if _OF_STREAM.search(answer.body) else None


def _joined(items: list[bytes | Answer | NoAnswer]) -> Iterator[bytes | Answer | NoAnswer]:
    if pieces := [item for item in items if isinstance(item, bytes)]:
        yield b"".join(pieces)
    yield from (item for item in items if not isinstance(item, bytes))


def _read_pieces(
    response: BaseHTTPResponse, deadline: float, put: Callable[[bytes], None]
) -> bytes | NoAnswer:
    size = 0
    try:
        while piece := response.read1(_BLOCK):
            size += len(piece)
            if time.monotonic() > deadline:
                return NoAnswer.TIMEOUT
            if size > MAX_ANSWER_BYTES:
                return NoAnswer.TOO_LARGE
            put(piece)
    finally:
        # One that was read to its end is back in its pool already.
        response.close()
    return b""
