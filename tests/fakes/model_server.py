"""An OpenAI-compatible server that answers as its script says, and keeps a log of its calls.

In a test: `with serving([Rule(status=500, times=2)]) as server: … server.base_url … server.calls`.
As a process: `python -m tests.fakes.model_server --port 8080 --script rules.json`, where the script
is a list of objects with the fields of `Rule`. `GET /_calls` returns the log, and `PUT /_script`
takes another list of rules.

The first rule that matches a call decides; without one, the answer is a good one at once.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from tests.fakes.model_script import Asked, Call, Rule, encoded, http_message, last_text, parse

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator, Sequence

_HEAD_END = b"\r\n\r\n"


class ModelServer:
    """The server: its rules, and its log. `key` is what Authorization has to bear, if anything."""

    def __init__(
        self,
        rules: Sequence[Rule] = (),
        *,
        key: str | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.key = key
        self._tls = tls
        self.calls: list[Call] = []
        self.connections = 0
        self.port = 0
        self.open: set[asyncio.Transport] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.script(rules)

    @property
    def base_url(self) -> str:
        """What an upstream's base URL is."""
        return f"{'http' if self._tls is None else 'https'}://127.0.0.1:{self.port}/v1"

    def script(self, rules: Sequence[Rule]) -> None:
        """Go by these rules from now on."""
        self._rules = list(rules)
        self._first_call: float | None = None

    async def start(self, port: int = 0) -> asyncio.Server:
        """Listen on the loopback."""
        self._loop = asyncio.get_running_loop()
        server = await self._loop.create_server(
            lambda: _Connection(self), "127.0.0.1", port, backlog=512, ssl=self._tls
        )
        self.port = server.sockets[0].getsockname()[1]
        return server

    def hang_up(self) -> None:
        """Close every connection that is open."""
        assert self._loop is not None
        for transport in list(self.open):
            self._loop.call_soon_threadsafe(transport.close)

    def take(self, call: Call, body: bytes) -> Rule:
        """Log the call, and return what to do with it."""
        self.calls.append(call)
        if self.key is not None and call.headers.get("authorization") != f"Bearer {self.key}":
            return Rule(status=401, body={"error": {"message": "Incorrect API key provided."}})
        now = time.monotonic()
        # A machine that is busy before the first call takes no time from the rules.
        if self._first_call is None:
            self._first_call = now
        elapsed = now - self._first_call
        for rule in self._rules:
            if rule.matches(call, body, elapsed):
                if rule.times is not None:
                    rule.times -= 1
                return rule
        return Rule()


class _Connection(asyncio.Protocol):
    """One connection of a client, with one request after the other."""

    def __init__(self, server: ModelServer) -> None:
        self._server = server
        server.connections += 1
        self._number = server.connections
        self._received = bytearray()
        self._task: asyncio.Task[None] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._server.open.add(transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's name
        if self._transport is not None:
            self._server.open.discard(self._transport)
        if self._task is not None:
            self._task.cancel()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, rest = bytes(self._received).partition(_HEAD_END)
        if not found:
            return
        request, *lines = head.decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value.strip()
            for name, _, value in (each.partition(":") for each in lines)
        }
        length = int(headers.get("content-length", 0))
        if len(rest) < length:
            return
        method, path, _ = request.split(" ")
        self._received = self._received[len(head) + len(found) + length :]
        self._task = asyncio.ensure_future(self._serve(method, path, headers, rest[:length]))

    async def _serve(self, method: str, path: str, headers: dict[str, str], body: bytes) -> None:
        assert self._transport is not None
        server = self._server
        if path == "/_calls":
            self._transport.write(http_message(200, msgspec.json.encode(server.calls)))
        elif path == "/_script":
            server.script(msgspec.json.decode(body, type=list[Rule]))
            self._transport.write(http_message(200, b"{}"))
        elif method == "GET" and self._refuses(headers):
            self._transport.write(http_message(401, b'{"error":{"code":"invalid_api_key"}}'))
        elif method == "GET":
            listed = {"object": "list", "data": [{"id": "a-model", "object": "model"}]}
            self._transport.write(http_message(200, msgspec.json.encode(listed)))
        else:
            parsed = parse(body)
            call = Call(
                path,
                parsed.model,
                last_text(parsed)[:200],
                len(body),
                headers,
                self._number,
                time.time(),
            )
            rule = server.take(call, body)
            call.outcome = await self._answer(rule, call, parsed)
            call.ended = time.time()

    def _refuses(self, headers: dict[str, str]) -> bool:
        key = self._server.key
        return key is not None and headers.get("authorization") != f"Bearer {key}"

    async def _answer(self, rule: Rule, call: Call, body: Asked) -> int | str:
        assert self._transport is not None
        low, high = rule.latency if isinstance(rule.latency, tuple) else (rule.latency,) * 2
        if high:
            await asyncio.sleep(random.uniform(low, high))  # noqa: S311 - no secret
        if rule.hang:
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
            return "hang"
        data = encoded(rule, call, body)
        if rule.cut is not None:
            self._transport.write(data[: int(len(data) * rule.cut)])
            self._transport.close()
            return "cut"
        if rule.drip is None:
            self._transport.write(data)
            return rule.status
        step = max(1, len(data) // 10)
        for at in range(0, len(data), step):
            self._transport.write(data[at : at + step])
            await asyncio.sleep(rule.drip)
        return rule.status


@contextmanager
def serving(
    rules: Sequence[Rule] = (),
    *,
    key: str | None = None,
    tls: ssl.SSLContext | None = None,
    port: int = 0,
) -> Iterator[ModelServer]:
    """Serve in a thread of its own, on any free port if none is named."""
    server = ModelServer(rules, key=key, tls=tls)
    started = threading.Event()
    loop = asyncio.new_event_loop()

    async def run() -> None:
        listening = await server.start(port)
        started.set()
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        listening.close()
        listening.abort_clients()
        answering = asyncio.all_tasks() - {task}
        for each in answering:
            each.cancel()
        await asyncio.gather(*answering, return_exceptions=True)

    task = loop.create_task(run())
    thread = threading.Thread(target=loop.run_until_complete, args=(task,), daemon=True)
    thread.start()
    started.wait()
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join()
        loop.close()


async def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--script", type=Path)
    parser.add_argument("--key")
    options = parser.parse_args()
    script = b"[]" if options.script is None else options.script.read_bytes()
    server = ModelServer(msgspec.json.decode(script, type=list[Rule]), key=options.key)
    listening = await server.start(options.port)
    print(f"models at {server.base_url}", flush=True)  # noqa: T201 - whoever started it waits for it
    async with listening:
        await listening.serve_forever()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(_main())
