"""The tool of `bench.mcp_servers`, typed and called as Larder's own are."""

import json
from collections.abc import Mapping
from typing import Any

import msgspec
from aws_lambda_powertools.event_handler import content_types
from aws_lambda_powertools.event_handler.api_gateway import Response

from bench.mcp_servers import found
from larder.api.chat.requests import is_foreign
from larder.api.http.requests import raw_body
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.api.mcp.dispatcher import answer
from larder.services.chat.tool import Tool, checked


class Search(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to look for."""

    query: str
    limit: int = 20


class Row(msgspec.Struct, frozen=True):
    """A file."""

    id: str
    name: str
    bytes: int


class Files(msgspec.Struct, frozen=True):
    """The files that were found."""

    files: list[Row]


TOOL = Tool(
    "search_files",
    "Search files",
    "Find files by a part of their name.",
    Search,  # type: ignore[arg-type]
    Files,  # type: ignore[arg-type]
    "reads",
)


class OneTool:
    """The part of a `Server` that is called."""

    name, title, version, instructions = "bench", "Bench", "1", ""

    def call(self, name: str, arguments: Mapping[str, Any], **_: object) -> dict[str, Any]:
        """Call the tool, as the file manager does."""
        assert name == TOOL.name  # noqa: S101
        asked: Any = checked(TOOL, arguments)
        rows = Files([Row(**row) for row in found(asked.query, asked.limit)])
        structured = msgspec.to_builtins(rows)
        text = json.dumps(structured, ensure_ascii=False, separators=(",", ":"))
        content = [{"type": "text", "text": text}]
        return {"content": content, "structuredContent": structured, "isError": False}


app = resolver()


@app.post("/mcp")
def mcp() -> Response[Any]:
    """Answer one message, as the function `mcp` does."""
    event = app.current_event
    assert not is_foreign(event)  # noqa: S101
    headers = {name.lower(): value for name, value in event.headers.items()}
    reply = answer(raw_body(event), headers, OneTool())  # type: ignore[arg-type]
    return Response(reply.status, content_types.APPLICATION_JSON, reply.body)


lambda_handler = lambda_handler_for(app)
