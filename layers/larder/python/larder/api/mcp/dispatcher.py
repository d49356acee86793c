"""Answers messages of MCP, whoever serves the tools, the resources and the prompts."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol

from larder.api.mcp.eras import HANDSHAKES, SERVER_KEY, VERSIONS, can_ask, is_stateless
from larder.api.mcp.messages import (
    INVALID_PARAMS,
    METHOD_NOT_FOUND,
    RESOURCE_NOT_FOUND,
    Message,
    Reply,
    RpcError,
    parse,
    refusal,
    result,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LIST_MS = 300_000
"""How long a client may keep the lists of tools and prompts, which a deployment alone changes."""


class ResourceNotFoundError(Exception):
    """There is no resource of that URI."""


class Server(Protocol):
    """What is served. All results are JSON objects as the protocol has them.

    An argument that does not fit is an RpcError; what a tool refuses is a result of it.
    """

    name: str
    title: str
    version: str
    instructions: str

    def tools(self, cursor: str | None) -> dict[str, Any]:
        """List the tools."""

    def call(
        self,
        name: str,
        arguments: Mapping[str, Any],
        *,
        can_ask: bool,
        state: str | None,
        responses: Mapping[str, Any],
    ) -> dict[str, Any]:
        """Call a tool.

        If the client `can_ask` its user, the result may be `input_required`; the client then sends
        the call again, with the user's `responses` and the `state` of that result.
        """

    def resources(self, cursor: str | None) -> dict[str, Any]:
        """List resources."""

    def templates(self, cursor: str | None) -> dict[str, Any]:
        """List the templates of resources' URIs."""

    def read(self, uri: str) -> dict[str, Any]:
        """Read a resource.

        Raises:
            ResourceNotFoundError: no resource has that address.
        """

    def prompts(self, cursor: str | None) -> dict[str, Any]:
        """List the prompts."""

    def prompt(self, name: str, arguments: Mapping[str, str]) -> dict[str, Any]:
        """Get a prompt with its arguments filled in."""


def answer(body: bytes, headers: Mapping[str, str], server: Server) -> Reply:
    """Return the reply to the body of a POST; `headers` have names in lower case."""
    message: Message | None = None
    try:
        message = parse(body)
        if message is None:
            return Reply(HTTPStatus.ACCEPTED, None)
        stateless = is_stateless(message, headers)
    except RpcError as error:
        return refusal(message, error)
    if message.id is None:
        return Reply(HTTPStatus.ACCEPTED, None)
    return _reply(message, server, stateless=stateless)


def _reply(message: Message, server: Server, *, stateless: bool) -> Reply:
    try:
        return result(message, _carry_out(message, server, stateless=stateless))
    except ResourceNotFoundError as missing:
        code = INVALID_PARAMS if stateless else RESOURCE_NOT_FOUND
        error = RpcError(code, "Resource not found", data={"uri": str(missing)})
    except RpcError as refused:
        error = refused
    if not stateless:
        # Before 2026-07-28 an error is an answer like any other, and clients read no other status.
        error.status = HTTPStatus.OK
    return refusal(message, error)


def _carry_out(message: Message, server: Server, *, stateless: bool) -> dict[str, Any]:
    method = message.method
    if not stateless and method == "initialize":
        return _handshake(message, server)
    if not stateless and method == "ping":
        return {}
    if stateless and method == "server/discover":
        found = _discovery(server)
    elif (act := _METHODS.get(method)) is not None:
        found = act(message, server)
    else:
        raise RpcError(
            METHOD_NOT_FOUND, f"Method not found: {method[:64]}", status=HTTPStatus.NOT_FOUND
        )
    if not stateless:
        found.pop("ttlMs", None)
        found.pop("cacheScope", None)
        return found
    found.setdefault("resultType", "complete")
    return {**found, "_meta": {SERVER_KEY: _info(server)}}


def _handshake(message: Message, server: Server) -> dict[str, Any]:
    asked = message.params.get("protocolVersion")
    return {
        "protocolVersion": asked if asked in HANDSHAKES else HANDSHAKES[0],
        "capabilities": _CAPABILITIES,
        "serverInfo": _info(server),
        "instructions": server.instructions,
    }


def _discovery(server: Server) -> dict[str, Any]:
    return {
        "supportedVersions": list(VERSIONS),
        "capabilities": _CAPABILITIES,
        "instructions": server.instructions,
        "ttlMs": LIST_MS,
        "cacheScope": "public",
    }


_CAPABILITIES: dict[str, Any] = {"tools": {}, "resources": {}, "prompts": {}}


def _info(server: Server) -> dict[str, Any]:
    return {"name": server.name, "title": server.title, "version": server.version}


def _call(message: Message, server: Server) -> dict[str, Any]:
    params = message.params
    arguments, state = params.get("arguments", {}), params.get("requestState")
    responses = params.get("inputResponses", {})
    if not isinstance(arguments, dict) or not isinstance(responses, dict):
        raise RpcError(INVALID_PARAMS, "arguments and inputResponses are objects.")
    if state is not None and not isinstance(state, str):
        raise RpcError(INVALID_PARAMS, "requestState is a text.")
    return server.call(
        _text(params, "name"),
        arguments,
        can_ask=can_ask(message),
        state=state,
        responses=responses,
    )


def _listed(
    list_page: Callable[[Server, str | None], dict[str, Any]],
) -> Callable[[Message, Server], dict[str, Any]]:
    def act(message: Message, server: Server) -> dict[str, Any]:
        cursor = message.params.get("cursor")
        if cursor is not None and not isinstance(cursor, str):
            raise RpcError(INVALID_PARAMS, "cursor is a text.")
        return list_page(server, cursor)

    return act


def _prompt(message: Message, server: Server) -> dict[str, Any]:
    arguments = message.params.get("arguments", {})
    if not isinstance(arguments, dict) or not all(isinstance(v, str) for v in arguments.values()):
        raise RpcError(INVALID_PARAMS, "The arguments of a prompt are texts.")
    return server.prompt(_text(message.params, "name"), arguments)


def _text(params: Mapping[str, Any], name: str) -> str:
    value = params.get(name)
    if not isinstance(value, str):
        raise RpcError(INVALID_PARAMS, f"params.{name} is missing, or no text.")
    return value


_METHODS: dict[str, Callable[[Message, Server], dict[str, Any]]] = {
    "prompts/get": _prompt,
    "prompts/list": _listed(lambda server, cursor: server.prompts(cursor)),
    "resources/list": _listed(lambda server, cursor: server.resources(cursor)),
    "resources/read": lambda message, server: server.read(_text(message.params, "uri")),
    "resources/templates/list": _listed(lambda server, cursor: server.templates(cursor)),
    "tools/call": _call,
    "tools/list": _listed(lambda server, cursor: server.tools(cursor)),
}
