"""Lambda's Runtime API on loopback: gives out invocations, and takes responses piece by piece."""

from __future__ import annotations

import base64
import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_PATIENCE = 30


class Invocation:
    """An event for the function, and what the runtime says to it.

    Without `listening`, the connection of its response is cut after the first piece.
    """

    def __init__(self, event: dict[str, Any], *, listening: bool = True) -> None:
        self.event = event
        self.listening = listening
        self.headers: dict[str, str] = {}
        self.error: dict[str, Any] | None = None
        self.trailers: dict[str, str] = {}
        self._pieces: SimpleQueue[bytes | None] = SimpleQueue()

    def heard(self, piece: bytes | None) -> None:
        """Take a piece of the response; None ends it."""
        self._pieces.put(piece)

    def next_piece(self) -> bytes | None:
        """Wait for the next piece; None after the last one."""
        return self._pieces.get(timeout=_PATIENCE)

    def rest(self) -> bytes:
        """Wait for the end, and return the pieces before it."""
        return b"".join(iter(self.next_piece, None))

    def metadata(self) -> dict[str, Any]:
        """Wait for the first piece, which is the status and the headers."""
        piece = self.next_piece() or b""
        assert piece.endswith(b"\0" * 8), piece
        found: dict[str, Any] = json.loads(piece[:-8])
        return found

    @property
    def mid_stream_error(self) -> dict[str, Any]:
        """The error after the last piece."""
        coded = self.trailers["Lambda-Runtime-Function-Error-Body"]
        found: dict[str, Any] = json.loads(base64.b64decode(coded))
        return found


class RuntimeApi:
    """The API; `address` is what Lambda puts into AWS_LAMBDA_RUNTIME_API."""

    def __init__(self) -> None:
        self.address = ""
        self._waiting: SimpleQueue[Invocation | None] = SimpleQueue()
        self.given: dict[str, Invocation] = {}

    def invoke(self, event: dict[str, Any], *, listening: bool = True) -> Invocation:
        """Have the function invoked."""
        invocation = Invocation(event, listening=listening)
        self._waiting.put(invocation)
        return invocation

    def end(self) -> None:
        """Give out no more invocations: the runtime ends."""
        self._waiting.put(None)

    def give(self) -> tuple[str, Invocation] | None:
        """Return the next invocation with its id."""
        invocation = self._waiting.get()
        if invocation is None:
            return None
        request_id = f"request-{len(self.given)}"
        self.given[request_id] = invocation
        return request_id, invocation


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    api: RuntimeApi

    def do_GET(self) -> None:
        assert self.path == "/2018-06-01/runtime/invocation/next"
        given = self.api.give()
        if given is None:
            self._answer(500)
            return
        request_id, invocation = given
        self._answer(
            200,
            json.dumps(invocation.event).encode(),
            **{
                "Lambda-Runtime-Aws-Request-Id": request_id,
                "Lambda-Runtime-Deadline-Ms": str(round((time.time() + 29) * 1000)),
                "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:1:function:chat",
                "Lambda-Runtime-Trace-Id": f"Root=1-{request_id}",
            },
        )

    def do_POST(self) -> None:
        _, _, rest = self.path.partition("/invocation/")
        request_id, _, kind = rest.partition("/")
        invocation = self.api.given[request_id]
        invocation.headers = dict(self.headers)
        if kind == "error":
            invocation.error = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            invocation.heard(None)
            self._answer(202)
            return
        assert kind == "response"
        while size := int(self.rfile.readline(), 16):
            invocation.heard(self.rfile.read(size))
            self.rfile.readline()
            if not invocation.listening:
                self.close_connection = True
                self.connection.close()
                invocation.heard(None)
                return
        while line := self.rfile.readline().strip():
            name, _, value = line.decode().partition(": ")
            invocation.trailers[name] = value
        invocation.heard(None)
        self._answer(202)

    def _answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def runtime_api() -> Iterator[RuntimeApi]:
    """Run the API on a free port."""
    api = RuntimeApi()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"api": api}))
    server.daemon_threads = True
    api.address = f"127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield api
    finally:
        api.end()
        server.shutdown()
        server.server_close()
        thread.join()
