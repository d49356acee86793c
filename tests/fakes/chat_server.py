"""A scripted server of chat completions: real HTTP, and words that are chosen by a behaviour.

A behaviour gets the messages of a request and returns the model's message; it may look at what the
tools have answered. So the system under test is real, and only the model is not.
"""

from __future__ import annotations

import json
import re
import threading
import time
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from tests.fakes.chat_streams import USAGE, finish_reason, fragments

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.fakes.chat_streams import Form

type Messages = list[dict[str, Any]]
type Behaviour = Callable[[Messages], Any]

_ORDER = re.compile(r"CALL (\w+) (\{.*?\})(?= CALL|\n|$)")
_SAID = re.compile(r"(?:file|folder)-[0-9a-f]{24}")


def says(content: str) -> dict[str, Any]:
    """Return a message of text."""
    return {"role": "assistant", "content": content}


def calls(*wanted: tuple[str, Any]) -> dict[str, Any]:
    """Return a message that calls tools; arguments that are a string are sent as they are."""
    return {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {
                "id": f"call_{number}",
                "type": "function",
                "function": {
                    "name": name,
                    "arguments": arguments if isinstance(arguments, str) else json.dumps(arguments),
                },
            }
            for number, (name, arguments) in enumerate(wanted)
        ],
    }


def results(messages: Messages) -> list[Any]:
    """Return what the tools have answered so far."""
    return [json.loads(each["content"]) for each in messages if each["role"] == "tool"]


def script(*replies: Any) -> Behaviour:
    """Return what gives these messages in order; one may be a function of the messages."""

    def behave(messages: Messages) -> Any:
        rounds = sum(1 for each in messages if each["role"] == "assistant" and "tool_calls" in each)
        reply = replies[min(rounds, len(replies) - 1)]
        return reply(messages) if callable(reply) else reply

    return behave


def gullible(messages: Messages) -> Any:
    """Obey what the user says, then whatever any text says: `CALL tool {"json": "…"}`."""
    texts = [each["content"] or "" for each in messages if each["role"] in {"user", "tool"}]
    done = sum(len(each.get("tool_calls", ())) for each in messages)
    orders = []
    for text in texts:
        try:
            orders += _ORDER.findall(json.loads(text)["untrusted_content"])
        except (ValueError, KeyError, TypeError):
            orders += _ORDER.findall(text)
    known = [each for text in texts for each in _SAID.findall(text)]
    waiting = [
        (name, arguments.replace("$FILE", known[0] if known else "")) for name, arguments in orders
    ][done:]
    return calls(*waiting) if waiting else says("I have done all that I was told.")


def endless(_: Messages) -> Any:
    """Call a tool for ever."""
    return calls(("search_files", {}))


def slow(_: Messages) -> Any:
    """Take longer than anyone waits."""
    time.sleep(3)
    return says("too late")


class ChatServer:
    """The server; `requests` are the bodies that it got.

    `streaming` is how it streams, None if it ignores that it should. `refuses` is a member of a
    request that it does not know, `headers` are those of the last one.
    """

    def __init__(self) -> None:
        self.base_url = ""
        self.reset()

    def reset(self) -> None:
        """Say hello from now on, as well as can be."""
        self.behaviour: Behaviour = script(says("hello"))
        self.status = 200
        self.raw: bytes | None = None
        self.requests: list[dict[str, Any]] = []
        self.streaming: Form | None = fragments
        self.refuses = ""
        self.stream_headers: dict[str, str] = {}
        self.headers: dict[str, str] = {}

    def answer(self, body: dict[str, Any]) -> tuple[int, bytes | Iterator[bytes]]:
        """Return the status, and the completion or a stream."""
        self.requests.append(body)
        if self.refuses in body:
            return 400, json.dumps({"error": {"message": f"Unknown: {self.refuses}"}}).encode()
        if self.raw is not None:
            return self.status, self.raw
        message = self.behaviour(body["messages"])
        if body.get("stream") and self.streaming is not None and self.status == HTTPStatus.OK:
            return self.status, self.streaming(message, body)
        choice = {"index": 0, "message": message, "finish_reason": finish_reason(message)}
        return self.status, json.dumps({"choices": [choice], "usage": USAGE}).encode()


@contextmanager
def chat_server() -> Iterator[ChatServer]:
    """Run a server on a free port."""
    scripted = ChatServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers["Content-Length"])
            scripted.headers = {name.lower(): value for name, value in self.headers.items()}
            status, data = scripted.answer(json.loads(self.rfile.read(size)))
            try:
                self.send_response(status)
                if isinstance(data, bytes):
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(data)))
                    data = iter([data])
                else:
                    self.send_header("Content-Type", "text/event-stream; charset=utf-8")
                    for header in scripted.stream_headers.items():
                        self.send_header(*header)
                self.end_headers()
                for piece in data:
                    self.wfile.write(piece)
            except OSError:
                # Whoever asked has given up.
                self.close_connection = True

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    scripted.base_url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield scripted
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
