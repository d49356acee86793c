"""Responses that are sent in pieces, which MiniStack's API Gateway and its Lambda do not know.

A request to an API carries the address of a socket, and a function that streams sends its pieces
there. `piecewise` is the gateway's side, `streaming` the function's, in MiniStack's worker.
"""

from __future__ import annotations

import asyncio
import json
import socket
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from local.emulator_fixes.gateway import App, Message, Receive, Scope, Send

ADDRESS = "x-emulator-stream"
_STREAMED = b"x-emulator-streamed"
_BLOCK = 2**16


async def piecewise(app: App, scope: Scope, receive: Receive, send: Send) -> None:
    """Have `app` answer a request; what its function sends in pieces is passed on as it comes."""
    passed_on = asyncio.Event()
    streamed = False

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal streamed
        streamed = True
        try:
            begin = json.loads(await reader.readline())
            headers = [
                (name.lower().encode(), value.encode())
                for name, values in begin["headers"].items()
                for value in values
            ]
            await send(
                {"type": "http.response.start", "status": begin["status"], "headers": headers}
            )
            while piece := await reader.read(_BLOCK):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            writer.close()
            passed_on.set()

    async def send_unless_streamed(message: Message) -> None:
        nonlocal streamed
        names = {name.lower() for name, _ in message.get("headers", ())}
        streamed = streamed or _STREAMED in names
        if not streamed:
            await send(message)

    with tempfile.TemporaryDirectory(prefix="stream-") as folder:
        address = str(Path(folder, "socket"))
        headers = [each for each in scope["headers"] if each[0].lower() != ADDRESS.encode()]
        addressed = {**scope, "headers": [*headers, (ADDRESS.encode(), address.encode())]}
        async with await asyncio.start_unix_server(pass_on, address):
            await app(addressed, receive, send_unless_streamed)
            if streamed:
                await passed_on.wait()


class _Pieces:
    """`ResponseStream` of one invocation, over the socket. A client may go: the work goes on."""

    def __init__(self, address: str) -> None:
        self.begun = False
        self.sent = bytearray()
        self._address = address
        self._socket = socket.socket(socket.AF_UNIX)

    def begin(self, status: int, headers: Mapping[str, Sequence[str]]) -> None:
        self.begun = True
        with suppress(OSError):
            self._socket.connect(self._address)
        self._send(json.dumps({"status": status, "headers": headers}).encode() + b"\n")

    def write(self, data: bytes) -> None:
        self.sent += data
        self._send(data)

    def close(self) -> None:
        self._socket.close()

    def _send(self, data: bytes) -> None:
        with suppress(OSError):
            self._socket.sendall(data)


def streaming(handler: Callable[..., Any]) -> Callable[..., Any]:
    """Return what calls a handler as Larder's runtime for streams does."""
    # In a worker, from the function's layer.
    from larder.api.http.streams import streamed  # noqa: PLC0415

    handle = streamed(handler)

    def answer(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401
        context.response = _Pieces(event["headers"].pop(ADDRESS))
        event["multiValueHeaders"].pop(ADDRESS)
        try:
            handle(event, context)
        finally:
            context.response.close()
        return {"statusCode": 200, "headers": {_STREAMED.decode(): "true"}, "body": ""}

    return answer


_LOADING = """\
        mod = importlib.import_module(module_name)
        handler_fn = getattr(mod, handler_name)
"""
_LOADING_OURS = f"""\
        mod = importlib.import_module("app" if module_name == "stream" else module_name)
        handler_fn = getattr(mod, handler_name)
        if module_name == "stream":
            sys.path.append({str(Path(__file__).parents[2])!r})
            from local.emulator_fixes.streaming import streaming
            handler_fn = streaming(handler_fn)
"""


def stream_responses(gateway: Any, runtime: Any) -> None:  # noqa: ANN401 - MiniStack has no types
    """MiniStack does not know the address of a function that streams, and cannot run one.

    Larder's asks Lambda for invocations while it is imported, and never ends. Here MiniStack's
    worker calls the handler behind it, which sends its pieces to the gateway.

    Raises:
        RuntimeError: another version of MiniStack loads functions in another way.
    """
    ref_of = gateway._extract_lambda_ref_from_integration_uri  # noqa: SLF001 - no other way in

    def ref_of_streaming(uri: str) -> Any:  # noqa: ANN401
        return ref_of(uri.replace("/response-streaming-invocations", "/invocations"))

    gateway._extract_lambda_ref_from_integration_uri = ref_of_streaming  # noqa: SLF001
    script = runtime._PYTHON_WORKER_SCRIPT  # noqa: SLF001
    if script.count(_LOADING) != 1:
        message = "MiniStack loads functions in another way"
        raise RuntimeError(message)
    runtime._PYTHON_WORKER_SCRIPT = script.replace(_LOADING, _LOADING_OURS)  # noqa: SLF001
