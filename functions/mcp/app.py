"""POST /mcp: the file manager's tools, for agents that speak the Model Context Protocol."""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import content_types
from aws_lambda_powertools.event_handler.api_gateway import Response

from larder.api.chat.requests import is_foreign, session_of
from larder.api.http.errors import envelope
from larder.api.http.requests import raw_body
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.api.mcp.dispatcher import answer
from larder.api.mcp.file_manager import FileManager
from larder.runtime.composition import Composition
from larder.services.chat.toolbox import Toolbox

app = resolver()
ports = Composition.from_environment()
toolbox = ports.make(Toolbox)


@app.post(
    "/mcp",
    summary="Speak the Model Context Protocol",
    operation_id="mcp",
    responses={
        200: {"description": "The JSON-RPC response, or an error of an earlier revision"},
        202: {"description": "The message needs no answer"},
        403: {"description": "A page of another origin"},
    },
)
def mcp() -> Response[Any]:
    """Answer one message of MCP 2026-07-28, or of the revisions since 2024-11-05."""
    event = app.current_event
    if is_foreign(event):
        return envelope(HTTPStatus.FORBIDDEN, "This Origin may not use the API from a browser.")
    headers = {name.lower(): value for name, value in event.headers.items()}
    server = FileManager(toolbox, ports.cursor_key, ports.clock, session_of(event, any_id=True))
    reply = answer(raw_body(event), headers, server)
    body = "" if reply.body is None else reply.body
    return Response(reply.status, content_types.APPLICATION_JSON, body)


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate, idempotency=ports.idempotency)
