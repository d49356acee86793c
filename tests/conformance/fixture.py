"""The file manager on the fakes, behind HTTP, with the tools that the conformance suite calls.

The suite asks for tools, resources and prompts by name, which no product has. Larder's dispatcher
serves them beside Larder's own, so that the wire is the same for both.
"""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from larder.api.mcp.dispatcher import Server, answer
from larder.api.mcp.file_manager import FileManager
from larder.domain.quota import Amount
from larder.services.chat.toolbox import Toolbox
from tests.backends.memory import MemoryBackend
from tests.conformance import suite_prompts, suite_resources, suite_tools
from tests.samples import TENANT, a_project
from tests.support.chat import a_session
from tests.unit.use_cases import store

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True)
class Fixture:
    """`Server` of Larder's file manager, and of what the suite asks for by name."""

    larder: FileManager

    name = "larder-fixture"
    title = FileManager.title
    version = FileManager.version
    instructions = FileManager.instructions

    def tools(self, cursor: str | None) -> dict[str, Any]:
        found = self.larder.tools(cursor)
        return {**found, "tools": [*found["tools"], *suite_tools.listed()]}

    def call(
        self,
        name: str,
        arguments: Mapping[str, Any],
        *,
        can_ask: bool,
        state: str | None,
        responses: Mapping[str, Any],
    ) -> dict[str, Any]:
        if (tool := suite_tools.TOOLS.get(name)) is not None:
            return tool(suite_tools.Call(can_ask, state, responses))
        return self.larder.call(name, arguments, can_ask=can_ask, state=state, responses=responses)

    def resources(self, cursor: str | None) -> dict[str, Any]:
        found = self.larder.resources(cursor)
        return {**found, "resources": [*suite_resources.LISTED, *found["resources"]]}

    def templates(self, cursor: str | None) -> dict[str, Any]:
        found = self.larder.templates(cursor)
        return {
            **found,
            "resourceTemplates": [suite_resources.TEMPLATE, *found["resourceTemplates"]],
        }

    def read(self, uri: str) -> dict[str, Any]:
        contents = suite_resources.contents_of(uri)
        if contents is None:
            return self.larder.read(uri)
        return {"contents": [contents], "ttlMs": 0, "cacheScope": "private"}

    def prompts(self, cursor: str | None) -> dict[str, Any]:
        found = self.larder.prompts(cursor)
        return {**found, "prompts": [*found["prompts"], *suite_prompts.listed()]}

    def prompt(self, name: str, arguments: Mapping[str, str]) -> dict[str, Any]:
        return suite_prompts.filled(name, arguments) or self.larder.prompt(name, arguments)


def _a_backend() -> MemoryBackend:
    ports = MemoryBackend()
    a_project(ports, TENANT, Amount(files=200, bytes=2**20))
    for number in range(12):
        store(ports, f"text {number}".encode(), filename=f"{number}.txt")
    return ports


@contextmanager
def serving() -> Iterator[str]:
    """Serve a project with 12 files on a free port; the value is the address."""
    ports = _a_backend()
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            if self._foreign(headers):
                self._send(HTTPStatus.FORBIDDEN, b"")
                return
            with lock:
                manager = FileManager(
                    ports.make(Toolbox), ports.cursor_key, ports.clock, a_session(any_id=True)
                )
                served: Server = Fixture(manager)
                reply = answer(body, headers, served)
            self._send(reply.status, b"" if reply.body is None else json.dumps(reply.body).encode())

        def do_GET(self) -> None:
            self._send(HTTPStatus.METHOD_NOT_ALLOWED, b"")

        def do_DELETE(self) -> None:
            self.do_GET()

        def _foreign(self, headers: Mapping[str, str]) -> bool:
            """Tell whether a page of another host asks, as the function does by the domain."""
            origin = headers.get("origin")
            return (
                origin is not None and urlsplit(origin).netloc != f"127.0.0.1:{server.server_port}"
            )

        def _send(self, status: int, data: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def handle(self) -> None:
            # Clients end their connections as they like.
            with suppress(ConnectionError):
                super().handle()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/mcp"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
