"""One tool in memory, served over MCP by one of three, called as often as told.

    python mcp_servers.py SERVER CALLS

It runs in the server's own environment and imports nothing else. It prints the processor time, in
seconds, until the first answer, and of one call after that.
"""

import time

_BEGUN = time.process_time()

import asyncio  # noqa: E402 - the imports are what is measured
import json  # noqa: E402
import sys  # noqa: E402
from typing import Any  # noqa: E402

VERSION = "2026-07-28"
ROWS: list[dict[str, Any]] = [
    {"id": f"file-{n:024x}", "name": f"report {n}.txt", "bytes": n} for n in range(200)
]
ARGUMENTS: dict[str, Any] = {"query": "report", "limit": 20}
_META = {
    "io.modelcontextprotocol/protocolVersion": VERSION,
    "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}
MESSAGE: Any = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "tools/call",
    "params": {"name": "search_files", "arguments": ARGUMENTS, "_meta": _META},
}
HEADERS = {
    "host": "127.0.0.1:8000",
    "content-type": "application/json",
    "accept": "application/json, text/event-stream",
    "mcp-protocol-version": VERSION,
    "mcp-method": "tools/call",
    "mcp-name": "search_files",
}


def found(query: str, limit: int) -> list[dict[str, Any]]:
    return [row for row in ROWS if query in row["name"]][:limit]


def larder() -> Any:
    """Larder's dispatcher behind the Lambda handler that all its functions have."""
    import base64
    import contextlib

    from bench.mcp_tool import lambda_handler
    from tests.support.events import recorded
    from tests.support.handlers import FakeContext

    event: Any = recorded("mcp")
    context: Any = FakeContext()
    event["headers"] = HEADERS
    event["multiValueHeaders"] = {name: [value] for name, value in HEADERS.items()}
    event["body"] = base64.b64encode(json.dumps(MESSAGE).encode()).decode()
    event["isBase64Encoded"] = True

    async def call() -> bytes:
        return str(lambda_handler(event, context)["body"]).encode()

    return call, contextlib.nullcontext()


def dispatcher() -> Any:
    """Larder's dispatcher alone, from bytes to bytes, as the applications of the others."""
    import contextlib

    from bench.mcp_tool import OneTool
    from larder.api.mcp.dispatcher import answer

    body = json.dumps(MESSAGE).encode()
    server: Any = OneTool()

    async def call() -> bytes:
        return json.dumps(answer(body, HEADERS, server).body).encode()

    return call, contextlib.nullcontext()


def sdk() -> Any:
    from mcp.server.mcpserver import MCPServer

    server = MCPServer("bench")
    server.tool()(_tool())
    return _asgi(server.streamable_http_app(stateless_http=True, json_response=True))


def fastmcp() -> Any:
    from fastmcp import FastMCP

    server = FastMCP("bench")
    server.tool(_tool())
    return _asgi(server.http_app(stateless_http=True, json_response=True))


def _tool() -> Any:
    from pydantic import BaseModel

    class Row(BaseModel):
        id: str
        name: str
        bytes: int

    class Files(BaseModel):
        files: list[Row]

    async def search_files(query: str, limit: int = 20) -> Files:
        """Find files by a part of their name."""
        return Files(files=[Row(**row) for row in found(query, limit)])

    return search_files


def _asgi(app: Any) -> Any:
    """Call the application without a server or Lambda's event in between."""
    body = json.dumps(MESSAGE).encode()
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/mcp",
        "raw_path": b"/mcp",
        "root_path": "",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in HEADERS.items()],
        "client": ("127.0.0.1", 9),
        "server": ("127.0.0.1", 8000),
    }

    async def call() -> bytes:
        parts: list[bytes] = []
        asked = False

        async def receive() -> Any:
            nonlocal asked
            if asked:
                await asyncio.Event().wait()
            asked = True
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            parts.append(message.get("body", b""))

        await app({**scope, "state": {}}, receive, send)
        return b"".join(parts)

    return call, app.router.lifespan_context(app)


async def main(server: str, calls: int) -> None:
    call, running = {"larder": larder, "dispatcher": dispatcher, "sdk": sdk, "fastmcp": fastmcp}[
        server
    ]()
    async with running:
        answer = json.loads(await call())
        started = time.process_time()
        assert answer["result"]["structuredContent"]["files"] == found(**ARGUMENTS), answer
        for _ in range(50):
            await call()
        begun = time.process_time()
        for _ in range(calls):
            await call()
        taken = time.process_time() - begun
    print(json.dumps({"start": started - _BEGUN, "call": taken / calls}))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
