"""Operations of the file manager, as in `operations`."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.operations import Act, World


def call(world: World, tool: str, **arguments: Any) -> dict[str, Any]:
    """Call a tool over MCP, and return what it did."""
    params = {"name": tool, "arguments": arguments}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    answer = world.functions.call(
        "mcp",
        world.tenant,
        headers={"Content-Type": "application/json"},
        body=base64.b64encode(json.dumps(message).encode()).decode(),
        isBase64Encoded=True,
    )
    result: dict[str, Any] = answer.json["result"]
    assert not result["isError"], result
    return result


def a_tool(tool: str, **arguments: Any) -> Callable[[World], Act]:
    def prepare(world: World) -> Act:
        return lambda: call(world, tool, **arguments)

    return prepare


def on_a_file(tool: str, **arguments: Any) -> Callable[[World], Act]:
    def prepare(world: World) -> Act:
        file_id = world.space_file()
        return lambda: call(world, tool, file_id=file_id, **arguments)

    return prepare


def on_files(tool: str) -> Callable[[World], Act]:
    def prepare(world: World) -> Act:
        file_id = world.space_file()
        return lambda: call(world, tool, file_ids=[file_id])

    return prepare


def chat(world: World) -> Act:
    """Ask a model, which answers without a tool."""
    asked = {"model": "m", "messages": [{"role": "user", "content": "Hello"}]}

    def act() -> None:
        answer = world.functions.call(
            "chat", world.tenant, body=json.dumps(asked), isBase64Encoded=False
        )
        assert answer.status == 200, answer.raw

    return act
