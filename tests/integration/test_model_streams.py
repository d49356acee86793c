"""Models at upstreams that stream, and those that cannot, or stop in the middle."""

from __future__ import annotations

import gzip
import json
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from larder.adapters.models import as_it_comes
from larder.adapters.models.openai_chat import UpstreamChat
from larder.adapters.models.openai_http import HttpModelCalls
from larder.domain.batch_answers import MAX_ANSWER_BYTES
from larder.domain.errors import ModelFailedError
from larder.domain.upstreams import Upstream
from larder.services.chat.ports import ModelMessage, ModelRequest, ModelTurn, ToolCall
from tests.backends.memory import MemoryBackend
from tests.fakes import chat_streams as streams
from tests.fakes.chat_server import calls, chat_server, says, script
from tests.fakes.chat_streams import DONE, chunk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tests.fakes.chat_server import ChatServer

TEXT = "Grüße, 世界 🎉. " * 3


class NoCredentials:
    """`UpstreamCredentials` that add nothing."""

    def headers(
        self, _: Upstream, __: str, ___: bytes, headers: Mapping[str, str]
    ) -> dict[str, str]:
        return dict(headers)

    def renewed(self, _: Upstream, __: Mapping[str, str]) -> bool:
        return False


@pytest.fixture(scope="module")
def running() -> Iterator[ChatServer]:
    with chat_server() as server:
        yield server


@pytest.fixture
def server(running: ChatServer) -> ChatServer:
    running.reset()
    running.behaviour = script(says(TEXT))
    return running


class Asking:
    """A model at the server, and what was heard of its answers."""

    def __init__(self, server: ChatServer) -> None:
        ports = MemoryBackend()
        ports.upstreams.put(Upstream("chatty", server.base_url, ("m",), created_at=0))
        http = HttpModelCalls(NoCredentials(), ports.clock)  # type: ignore[arg-type]
        self._chat = UpstreamChat(ports.upstreams, http, ports.limits, ports.clock, [])
        self.heard: list[str] = []
        self.when_heard: Callable[[], None] = lambda: None

    def _hear(self, text: str) -> None:
        self.heard.append(text)
        self.when_heard()

    def __call__(self, *, seconds: float = 10) -> ModelTurn:
        request = ModelRequest(
            "m",
            [ModelMessage("user", "Hello")],
            with_tools=False,
            must_call=False,
            temperature=0.0,
            max_tokens=100,
            seconds=seconds,
        )
        return self._chat(request, self._hear)

    def failing(self, why: str, *, seconds: float = 10) -> None:
        with pytest.raises(ModelFailedError, match=why) as failed:
            self(seconds=seconds)
        assert "secrets" not in failed.value.message


@pytest.fixture
def ask(server: ChatServer) -> Asking:
    return Asking(server)


@pytest.mark.parametrize("form", [streams.fragments, streams.byte_by_byte])
def test_text_is_heard_as_it_comes_and_the_answer_is_all_of_it(
    ask: Asking, server: ChatServer, form: streams.Form
) -> None:
    server.streaming = form

    turn = ask()

    assert "".join(ask.heard) == turn.content == TEXT
    assert (turn.calls, turn.input_tokens, turn.output_tokens) == ((), 10, 5)
    [request] = server.requests
    assert request["stream"] is True
    assert request["stream_options"] == {"include_usage": True}


def test_each_piece_is_heard_before_the_next_one_is_there(ask: Asking, server: ChatServer) -> None:
    server.streaming = held = streams.Held()
    server.behaviour = script(says("abcdef"))
    ask.when_heard = lambda: held.let_go(9)
    held.let_go(2)

    assert ask().content == "abcdef"
    assert ask.heard == ["abc", "def"]


@pytest.mark.parametrize("form", [streams.fragments, streams.byte_by_byte])
def test_calls_of_tools_that_come_in_fragments_are_put_together(
    ask: Asking, server: ChatServer, form: streams.Form
) -> None:
    server.streaming = form
    wanted = {"query": "ü" * 50}
    server.behaviour = script(calls(("search_files", wanted), ("get_usage", {})))

    turn = ask()

    assert [(call.id, call.name) for call in turn.calls] == [
        ("call_0", "search_files"),
        ("call_1", "get_usage"),
    ]
    assert json.loads(turn.calls[0].arguments) == wanted
    assert turn.calls[1].arguments == "{}"
    assert ask.heard == []


def tool(name: str, arguments: str, **more: Any) -> bytes:
    part = {**more, "function": {"name": name, "arguments": arguments}}
    return chunk({"tool_calls": [part]})


@pytest.mark.parametrize(
    "parts",
    [
        [tool("a", "{}", index=0, id="1"), tool("b", "{}", index=0, id="2")],
        [tool("a", "{}", id="1"), tool("b", "{}", id="2")],
        [
            *(tool("a", "{", id="1"), tool("", "}", id="1")),
            *(tool("b", "{", id="2"), tool("", "}")),
        ],
        [
            *(tool("a", "{", index=1, id="1"), tool("b", "{", index=5, id="2")),
            *(tool("", "}", index=1), tool("", "}", index=5)),
        ],
    ],
    ids=["one index", "no index", "no index, in parts", "mixed"],
)
def test_servers_that_count_calls_otherwise_are_understood(
    ask: Asking, server: ChatServer, parts: list[bytes]
) -> None:
    server.streaming = lambda *_: iter([*parts, DONE])

    assert ask().calls == (ToolCall("1", "a", "{}"), ToolCall("2", "b", "{}"))


def test_a_call_without_an_id_gets_one(ask: Asking, server: ChatServer) -> None:
    server.streaming = lambda *_: iter([tool("a", "{}"), DONE])

    assert ask().calls == (ToolCall("call_0", "a", "{}"),)


def test_other_choices_and_what_is_not_known_are_left_out(ask: Asking, server: ChatServer) -> None:
    second = {"index": 1, "delta": {"content": "no"}}
    server.streaming = lambda *_: iter(
        [
            b'data: {"choices": [], "prompt_filter_results": [{}], "error": null}\n\n',
            b"data: " + json.dumps({"choices": [second]}).encode() + b"\n\n",
            chunk({"reasoning_content": "hm", "content": None}),
            b'data: {"choices": [{"index": 0, "finish_reason": null}]}\n\n',
            chunk({"content": "yes"}, usage=None),
            DONE,
        ]
    )

    assert ask().content == "yes"
    assert ask.heard == ["yes"]


@pytest.mark.parametrize("last", [DONE, chunk({}, "stop")], ids=["done", "finish_reason"])
def test_an_answer_is_whole_once_the_server_says_so(
    ask: Asking, server: ChatServer, last: bytes
) -> None:
    server.streaming = lambda *_: iter([chunk({"content": "all"}), last])

    turn = ask()

    assert turn.content == "all"
    # The budget of tokens holds all the same.
    assert turn.output_tokens > 0


def test_a_connection_that_stays_open_after_the_end_is_not_waited_for(
    ask: Asking, server: ChatServer
) -> None:
    may_end = threading.Event()

    def stay(*_: Any) -> Iterator[bytes]:
        yield chunk({"content": "all"}, "stop") + DONE
        may_end.wait(20)

    server.streaming = stay
    began = time.monotonic()

    assert ask().content == "all"
    assert time.monotonic() - began < 5
    may_end.set()


def test_a_server_that_ignores_stream_is_heard_at_once(ask: Asking, server: ChatServer) -> None:
    server.streaming = None

    assert ask().content == TEXT
    assert ask.heard == [TEXT]


@pytest.mark.parametrize(
    ("refuses", "members"),
    [
        ("stream_options", [["stream", "stream_options"], ["stream"]]),
        ("stream", [["stream", "stream_options"], []]),
    ],
)
def test_a_server_that_refuses_to_be_asked_so_is_asked_otherwise_from_then_on(
    ask: Asking, server: ChatServer, refuses: str, members: list[list[str]]
) -> None:
    server.refuses = refuses

    assert [ask().content, ask().content] == [TEXT, TEXT]

    sent = [[name for name in request if name.startswith("stream")] for request in server.requests]
    assert sent == [*members, members[-1]]
    assert "".join(ask.heard) == TEXT * 2


def test_another_refusal_is_one(ask: Asking, server: ChatServer) -> None:
    server.refuses = "messages"

    ask.failing("refused the request with status 400")

    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [401, 404, 429, 500, 503])
def test_a_status_is_a_model_that_failed(ask: Asking, server: ChatServer, status: int) -> None:
    server.status = status

    ask.failing(f"status {status}")

    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "form", [streams.cut, streams.failing, streams.wrong_json], ids=lambda form: form.__name__
)
def test_a_stream_that_goes_wrong_in_the_middle_is_no_answer(
    ask: Asking, server: ChatServer, form: streams.Form
) -> None:
    server.streaming = form

    ask.failing("broke off in the middle of its answer")

    heard = "".join(ask.heard)
    assert heard
    assert TEXT.startswith(heard)


@pytest.mark.parametrize(
    "stream",
    [
        b"data: [1]\n\n",
        b"data: \xff\n\n",
        b'data: {"choices": [{"delta": {"content": 1}}]}\n\n',
        b'data: {"choices": [{"delta": {"content": "\\ud83d"}}]}\n\n',
        b"data: " + b"[" * 9_999 + b"\n\n",
        b"data: " + b"x" * 2**21,
        b"event: error\ndata: {}\n\n",
        b"<html>",
        chunk({"content": "half"}),
    ],
)
def test_a_stream_of_nonsense_is_no_answer(ask: Asking, server: ChatServer, stream: bytes) -> None:
    server.streaming = lambda *_: iter([stream])

    ask.failing("broke off in the middle of its answer")


def test_an_empty_stream_is_no_answer(ask: Asking, server: ChatServer) -> None:
    server.streaming = lambda *_: iter([])

    ask.failing("did not answer with a chat completion")


def test_an_endless_stream_is_given_up_in_time(ask: Asking, server: ChatServer) -> None:
    def slowly(*_: Any) -> Iterator[bytes]:
        for piece in streams.endless(says("on "), {}):
            time.sleep(0.01)
            yield piece

    server.streaming = slowly
    began = time.monotonic()

    ask.failing("did not answer in time", seconds=1)

    assert time.monotonic() - began < 4
    assert ask.heard
    # What came within a moment was heard together.
    assert len(ask.heard) <= 1 / as_it_comes.GATHER_SECONDS + 2


def test_a_stream_that_stalls_is_given_up_in_time(ask: Asking, server: ChatServer) -> None:
    may_end = threading.Event()

    def stall(*_: Any) -> Iterator[bytes]:
        yield chunk({"content": "half"})
        may_end.wait(20)

    server.streaming = stall
    began = time.monotonic()

    ask.failing("did not answer in time", seconds=1)

    assert time.monotonic() - began < 4
    assert ask.heard == ["half"]
    may_end.set()


def test_a_stream_without_measure_is_given_up(ask: Asking, server: ChatServer) -> None:
    large = chunk({"content": "x" * 2**16})
    server.streaming = lambda *_: iter([large] * (MAX_ANSWER_BYTES // len(large) + 2))

    ask.failing("answered more than can be read")


def test_the_server_is_asked_for_plain_events(ask: Asking, server: ChatServer) -> None:
    """Compressed, an event might wait for the next one. A server may compress all the same."""
    whole = gzip.compress(b"".join(streams.fragments(says(TEXT), {})))
    server.stream_headers = {"Content-Encoding": "gzip"}
    server.streaming = lambda *_: iter([whole])

    assert ask().content == TEXT
    assert server.headers["accept-encoding"] == "identity"
    assert server.headers["accept"] == "text/event-stream"
