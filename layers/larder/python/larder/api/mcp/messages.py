"""JSON-RPC messages of MCP over HTTP, and the errors that refuse them.

https://modelcontextprotocol.io/specification/2026-07-28/basic/transports
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
RESOURCE_NOT_FOUND = -32002
HEADER_MISMATCH = -32020
UNSUPPORTED_VERSION = -32022


class RpcError(Exception):
    """A request that is refused, with a code of JSON-RPC or MCP and the HTTP status for it."""

    def __init__(
        self,
        code: int,
        message: str,
        *,
        status: HTTPStatus = HTTPStatus.BAD_REQUEST,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.data = data


@dataclass(frozen=True, slots=True)
class Message:
    """A request, or a notification without an `id`."""

    id: str | int | None
    method: str
    params: Mapping[str, Any]

    @property
    def meta(self) -> Mapping[str, Any]:
        """What the request says of itself."""
        found = self.params.get("_meta")
        return found if isinstance(found, dict) else {}


@dataclass(frozen=True, slots=True)
class Reply:
    """The HTTP answer to a message: without a body to one that needs no answer."""

    status: HTTPStatus
    body: dict[str, Any] | None


def parse(body: bytes) -> Message | None:
    """Return the message in a body; None for a client's response, which nothing waits for.

    Raises:
        RpcError: it is no message of JSON-RPC 2.0.
    """
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RpcError(PARSE_ERROR, "The body is not JSON.") from error
    if not isinstance(found, dict) or found.get("jsonrpc") != "2.0":
        raise RpcError(INVALID_REQUEST, "The body must be one JSON-RPC 2.0 message, and no batch.")
    method, params, message_id = found.get("method"), found.get("params", {}), found.get("id")
    if method is None and ("result" in found or "error" in found):
        return None
    if not isinstance(method, str) or not isinstance(params, dict):
        raise RpcError(INVALID_REQUEST, "A message has a method, and params that are an object.")
    if "id" in found and (isinstance(message_id, bool) or not isinstance(message_id, str | int)):
        raise RpcError(INVALID_REQUEST, "The id of a request is a text or a whole number.")
    return Message(message_id, method, params)


def result(message: Message, value: Mapping[str, Any]) -> Reply:
    """Return the reply to a request that was carried out."""
    return Reply(HTTPStatus.OK, {"jsonrpc": "2.0", "id": message.id, "result": dict(value)})


def refusal(message: Message | None, error: RpcError) -> Reply:
    """Return the reply to a request that is refused."""
    said: dict[str, Any] = {"code": error.code, "message": error.message}
    if error.data is not None:
        said["data"] = dict(error.data)
    message_id = None if message is None else message.id
    return Reply(error.status, {"jsonrpc": "2.0", "id": message_id, "error": said})
