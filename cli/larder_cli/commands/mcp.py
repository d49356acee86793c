"""`larder mcp`: the MCP server over standard input and output, for desktop clients."""

from __future__ import annotations

import base64
import json
import sys
from typing import Any

import click
import httpx

from larder_cli.shared.connection import connection_options, find_access
from larder_client.options import API_TIMEOUT, Access

_VERSION = "io.modelcontextprotocol/protocolVersion"
_INTERNAL_ERROR = -32603


@click.command()
@connection_options
def mcp(base_url: str | None, api_key: str | None) -> None:
    """Serve MCP over standard input and output, one message on each line.

    Every message goes to POST /mcp with the key. For clients that start a program, such as Claude
    Desktop; those that reach an address do without this.
    """
    access = Access.of(*find_access(base_url, api_key))
    address = access.base_url.removesuffix("/v1") + "/mcp"
    with httpx.Client(headers=access.headers, timeout=API_TIMEOUT) as client:
        for line in sys.stdin:
            if line.strip():
                answer = _answer(client, address, line)
                if answer:
                    sys.stdout.write(answer + "\n")
                    sys.stdout.flush()


def _answer(client: httpx.Client, address: str, line: str) -> str:
    """Return the answer to a message on one line, nothing if it needs none."""
    try:
        message = json.loads(line)
    except ValueError:
        message = None
    try:
        response = client.post(address, content=line.encode(), headers=_headers(message))
    except httpx.HTTPError as error:
        return _failure(message, f"Larder cannot be reached: {error}")
    try:
        found = response.json() if response.content else None
    except ValueError:
        found = {}
    if found is None:
        return ""
    if not isinstance(found, dict) or found.get("jsonrpc") != "2.0":
        said = found.get("error") if isinstance(found, dict) else None
        text = said.get("message") if isinstance(said, dict) else None
        return _failure(message, text or f"Larder answered {response.status_code}.")
    return json.dumps(found)


def _headers(message: Any) -> dict[str, str]:  # noqa: ANN401 - JSON of the client
    """Return the headers that repeat what a message of 2026-07-28 says of itself."""
    headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    params = message.get("params") if isinstance(message, dict) else None
    if not isinstance(params, dict) or not isinstance(params.get("_meta"), dict):
        return headers
    version, name = params["_meta"].get(_VERSION), params.get("uri", params.get("name"))
    if isinstance(version, str):
        headers |= {"MCP-Protocol-Version": version, "Mcp-Method": str(message.get("method"))}
        if isinstance(name, str):
            headers["Mcp-Name"] = name if name.isascii() else _in_base64(name)
    return headers


def _in_base64(value: str) -> str:
    return f"=?base64?{base64.b64encode(value.encode()).decode()}?="


def _failure(message: Any, text: str) -> str:  # noqa: ANN401 - JSON of the client
    message_id = message.get("id") if isinstance(message, dict) else None
    if message_id is None:
        return ""
    error = {"code": _INTERNAL_ERROR, "message": text}
    return json.dumps({"jsonrpc": "2.0", "id": message_id, "error": error})
