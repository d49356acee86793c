"""Connections to the fake Larder: within the process, and over sockets."""

from __future__ import annotations

import socket
import struct
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, override
from urllib.parse import parse_qsl, urlsplit

import httpx

from tests.fakes.http_faults import ConnectionDroppedError, Request, Response

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Iterator

    from tests.fakes.larder_http import FakeLarder

_BLOCK = 2**16


class InProcess(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A transport of httpx that calls the fake, without a socket."""

    def __init__(self, fake: FakeLarder) -> None:
        self._fake = fake

    @override
    def handle_request(self, request: httpx.Request) -> httpx.Response:
        assert isinstance(request.stream, httpx.SyncByteStream)
        return self._respond(request, iter(request.stream))

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        assert isinstance(request.stream, httpx.AsyncByteStream)
        return self._respond(request, iter([block async for block in request.stream]))

    def _respond(self, request: httpx.Request, body: Iterator[bytes]) -> httpx.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        path = request.url.path
        try:
            answer = self._fake.respond(
                Request(request.method, path, dict(request.url.params), headers, body)
            )
        except ConnectionDroppedError:
            raise httpx.WriteError("cut", request=request) from None
        return httpx.Response(
            answer.status, headers=answer.headers, stream=_Stream(answer), request=request
        )


class _Stream(httpx.SyncByteStream, httpx.AsyncByteStream):
    def __init__(self, answer: Response) -> None:
        self._answer = answer

    @override
    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._answer.body
        except ConnectionDroppedError:
            raise httpx.ReadError("cut") from None

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        for block in self:
            yield block


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def respond(self) -> None:
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self._body(int(headers.get("content-length", 0)))
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        request = Request(self.command, parts.path, query, headers, body)
        try:
            answer = self.server.fake.respond(request)
        except ConnectionDroppedError:
            # Reset the connection instead of closing it.
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.close_connection = True
            return
        try:
            self._send(answer)
        except ConnectionDroppedError:
            # The bytes sent so far arrive, then the connection ends.
            self.close_connection = True

    do_GET = do_PUT = do_POST = do_DELETE = respond  # noqa: N815 - http.server's names

    def _body(self, length: int) -> Iterator[bytes]:
        while length > 0:
            block = self.rfile.read(min(_BLOCK, length))
            if not block:
                raise ConnectionDroppedError
            length -= len(block)
            yield block

    def _send(self, answer: Response) -> None:
        headers, body = dict(answer.headers), answer.body
        if "content-length" not in headers:
            body = [b"".join(body)]
            headers["content-length"] = str(len(body[0]))
        self.send_response(answer.status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        for block in body:
            self.wfile.write(block)

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


class _Server(ThreadingHTTPServer):
    def __init__(self, fake: FakeLarder) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.fake = fake

    @override
    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore clients that drop the connection."""


@contextmanager
def over_sockets(fake: FakeLarder, tls: ssl.SSLContext | None = None) -> Iterator[FakeLarder]:
    """Serve the fake on a free local port, which becomes its origin."""
    with _Server(fake) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        scheme = "http" if tls is None else "https"
        fake.s3.origin = f"{scheme}://127.0.0.1:{server.server_address[1]}"
        try:
            yield fake
        finally:
            server.shutdown()
            thread.join()
