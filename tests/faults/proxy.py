"""A proxy between the functions and AWS, with a port of its own for each function."""

from __future__ import annotations

import http.client
import re
import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import psutil

from tests.faults.kinds import CONFLICTS, Fault, refusal

if TYPE_CHECKING:
    from collections.abc import Callable

SLOW_SECONDS = 0.3
LOOKS = 20
"""The kernel's table of connections is not read at one moment, so that a look may miss one."""

_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}


@dataclass
class Plan:
    """What is to happen to one function's calls about one project.

    `marker` is in the path or the body of those calls. With no `fault` they are only recorded.
    `at` counts calls from 0, botocore's further attempts of the same call not included. `error` is
    why the fault could not be brought about.
    """

    function: str
    marker: bytes
    at: int = -1
    fault: Fault | None = None
    calls: list[str] = field(default_factory=list)
    fired: int = 0
    error: str | None = None
    late: list[Callable[[], object]] = field(default_factory=list)
    _indexes: dict[str, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def meet(self, call: str, invocation: str) -> Fault | None:
        """Count the call, and return what is to happen to this attempt of it."""
        with self._lock:
            index = self._indexes.setdefault(invocation, len(self.calls))
            if index == len(self.calls):
                self.calls.append(call)
            if self.fault is None or not self._strikes(index, call):
                return None
            self.fired += 1
            return self.fault

    def _strikes(self, index: int, call: str) -> bool:
        if self.fault is Fault.CONFLICT_EVERY:
            started = index == self.at or self.fired > 0
            return started and self.fired < CONFLICTS and call == self.calls[self.at]
        return index == self.at and (self.fired == 0 or self.fault in _EVERY)


_EVERY = {fault for fault in Fault if fault.every}


class Proxy:
    """Servers on 127.0.0.1, one a function, all leading to `upstream` (host, port)."""

    def __init__(self, upstream: tuple[str, int], emulator: int) -> None:
        self.upstream = upstream
        self._by_function: dict[str, list[Plan]] = {}
        self._emulator = emulator
        self._servers: list[ThreadingHTTPServer] = []

    def open_port(self, function: str) -> int:
        """Listen for a function's calls, and return the port."""
        proxy = self

        class Handler(_Handler):
            def handle_call(self) -> None:
                proxy._handle(self, function)

        server = _Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self._servers.append(server)
        return int(server.server_address[1])

    def close(self) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def arm(self, plan: Plan) -> None:
        self._by_function.setdefault(plan.function, []).append(plan)

    def disarm(self, plan: Plan) -> None:
        """Let the plan's calls be; it may not have been armed."""
        plans = self._by_function.get(plan.function, [])
        if plan in plans:
            plans.remove(plan)

    def _handle(self, request: _Handler, function: str) -> None:
        body = request.rfile.read(int(request.headers.get("content-length") or 0))
        plan, fault, call = None, None, call_of(request)
        if "X-Amz-Signature" not in request.path:
            plan = self._plan_of(function, request.path.encode() + body)
        if plan is not None:
            fault = plan.meet(call, request.headers.get("amz-sdk-invocation-id", ""))
        if plan is None or fault is None:
            request.send(*self.forward(request, body))
        else:
            self._strike(request, body, plan, fault, call)

    def _plan_of(self, function: str, content: bytes) -> Plan | None:
        plans = self._by_function.get(function, ())
        return next((plan for plan in list(plans) if plan.marker in content), None)

    def _strike(self, request: _Handler, body: bytes, plan: Plan, fault: Fault, call: str) -> None:
        match fault:
            case Fault.SLOW:
                time.sleep(SLOW_SECONDS)
                request.send(*self.forward(request, body))
            case Fault.LOST | Fault.LOST_EVERY:
                request.drop()
            case Fault.UNSEEN | Fault.UNSEEN_EVERY:
                self.forward(request, body)
                request.drop()
            case Fault.LATE:
                plan.late.append(lambda: self.forward(request, body))
                request.drop()
            case Fault.TRUNCATED:
                request.send(*self.forward(request, body), cut=True)
            case Fault.KILLED_BEFORE:
                self._kill_caller(request, plan)
                request.drop()
            case Fault.KILLED_AFTER:
                self.forward(request, body)
                self._kill_caller(request, plan)
                request.drop()
            case _:
                status, media_type, content = refusal(fault, call, body)
                request.send(status, [("Content-Type", media_type)], content)

    def forward(self, request: _Handler, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        """Pass the request on as it is, the Host header included, which is signed."""
        connection = http.client.HTTPConnection(*self.upstream, timeout=60)
        try:
            connection.putrequest(
                request.command, request.path, skip_host=True, skip_accept_encoding=True
            )
            for name, value in request.headers.items():
                if name.lower() not in {"connection", "expect"}:
                    connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            headers = [(name, value) for name, value in answer.getheaders()]
            return answer.status, headers, answer.read()
        finally:
            connection.close()

    def _kill_caller(self, request: _Handler, plan: Plan) -> None:
        """Kill the process at the other end: a worker of the emulator, and nothing else."""
        # An address is a host and a port, or empty.
        ends = request.client_address[1:], request.connection.getsockname()[1:]
        for _ in range(LOOKS):
            workers = {
                worker.pid: worker
                for worker in psutil.Process(self._emulator).children(recursive=True)
            }
            for each in psutil.net_connections("tcp4"):
                if each.pid in workers and (each.laddr[1:], each.raddr[1:]) == ends:
                    with suppress(psutil.NoSuchProcess):
                        workers[each.pid].kill()
                    return
        plan.error = f"no worker of the emulator holds port {ends[0][0]}: nothing was killed"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A worker that was killed while it waited is no error here."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def handle_call(self) -> None:
        raise NotImplementedError

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self.handle_call
        raise AttributeError(name)

    def log_message(self, *_: object) -> None:
        pass

    def drop(self) -> None:
        """Close the connection without an answer."""
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def send(
        self, status: int, headers: list[tuple[str, str]], body: bytes, *, cut: bool = False
    ) -> None:
        self.send_response_only(status)
        length = str(len(body))
        for name, value in headers:
            if self.command == "HEAD" and name.lower() == "content-length":
                length = value
            if name.lower() not in _HOP:
                self.send_header(name, value)
        if status not in {204, 304}:
            self.send_header("Content-Length", length)
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if cut else body)
        if cut:
            self.drop()


_SUBRESOURCES = {
    ("POST", "uploads"): "CreateMultipartUpload",
    ("POST", "uploadId"): "CompleteMultipartUpload",
    ("DELETE", "uploadId"): "AbortMultipartUpload",
    ("GET", "uploadId"): "ListParts",
    ("PUT", "partNumber"): "UploadPart",
    ("POST", "delete"): "DeleteObjects",
    ("GET", "list-type"): "ListObjectsV2",
}


def call_of(request: _Handler) -> str:
    """Return the service and the operation, as `dynamodb.PutItem`."""
    scope = re.search(
        r"Credential=[^/]+/\d+/[^/]+/([^/]+)/", request.headers["authorization"] or ""
    )
    service = scope[1] if scope else "unsigned"
    if target := request.headers.get("x-amz-target"):
        return f"{service}.{target.rpartition('.')[2]}"
    query = parse_qs(urlsplit(request.path).query, keep_blank_values=True)
    for (method, name), operation in _SUBRESOURCES.items():
        if request.command == method and name in query:
            return f"{service}.{operation}"
    return f"{service}.{request.command.title()}Object"
