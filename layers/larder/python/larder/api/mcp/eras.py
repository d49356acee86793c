"""The two eras of MCP: with a handshake up to 2025-11-25, and without state from 2026-07-28 on.

A request of the newer era says in its `_meta` which revision it speaks; the headers repeat it.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from larder.api.mcp.messages import (
    HEADER_MISMATCH,
    INVALID_PARAMS,
    UNSUPPORTED_VERSION,
    Message,
    RpcError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

STATELESS = "2026-07-28"
HANDSHAKES = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05")
VERSIONS = (STATELESS, *HANDSHAKES)

_META = "io.modelcontextprotocol/"
VERSION_KEY = _META + "protocolVersion"
CAPABILITIES_KEY = _META + "clientCapabilities"
SERVER_KEY = _META + "serverInfo"

_NAMED = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
"""The parameter that the header Mcp-Name repeats."""

_ENCODED = ("=?base64?", "?=")


def is_stateless(message: Message, headers: Mapping[str, str]) -> bool:
    """Tell whether the message is of the newer era; `headers` have names in lower case.

    Raises:
        RpcError: it speaks no revision that is served here, or says different things of itself.
    """
    said, header = message.meta.get(VERSION_KEY), headers.get("mcp-protocol-version")
    if said is None and (header is None or header in HANDSHAKES):
        return False
    if said is None and header == STATELESS and message.method == "initialize":
        # A client that tries the handshake after all.
        return False
    if said is None and header not in VERSIONS:
        raise _unsupported(header)
    if said is None or CAPABILITIES_KEY not in message.meta:
        raise RpcError(
            INVALID_PARAMS, f"params._meta must have {VERSION_KEY} and {CAPABILITIES_KEY}."
        )
    _check_headers(message, headers, said)
    if said != STATELESS:
        raise _unsupported(said)
    return True


def _check_headers(message: Message, headers: Mapping[str, str], version: object) -> None:
    # Whitespace around a value is no part of it (RFC 9110, section 5.5).
    headers = {name: value.strip(" \t") for name, value in headers.items()}
    if headers.get("mcp-protocol-version") != version:
        raise RpcError(HEADER_MISMATCH, "MCP-Protocol-Version is not what params._meta says.")
    if headers.get("mcp-method") != message.method:
        raise RpcError(HEADER_MISMATCH, "Mcp-Method is not the method of the body.")
    named = message.params.get(_NAMED.get(message.method, ""))
    if named is not None and _decoded(headers.get("mcp-name")) != named:
        raise RpcError(HEADER_MISMATCH, "Mcp-Name is not the name or URI of the body.")


def _decoded(value: str | None) -> str | None:
    """Return a header's value; what is not ASCII comes in base64."""
    before, after = _ENCODED
    if value is None or not (value.startswith(before) and value.endswith(after)):
        return value
    try:
        return base64.b64decode(value[len(before) : -len(after)], validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None


def _unsupported(version: object) -> RpcError:
    data = {"supported": list(VERSIONS), "requested": str(version)[:64]}
    return RpcError(UNSUPPORTED_VERSION, "Unsupported protocol version", data=data)


def can_ask(message: Message) -> bool:
    """Tell whether the client can ask its user, and send the answer with the request again."""
    capabilities: Any = message.meta.get(CAPABILITIES_KEY)
    if not isinstance(capabilities, dict):
        return False
    asking = capabilities.get("elicitation")
    # Without a mode, it is the form: the only one that there was at first.
    return isinstance(asking, dict) and ("form" in asking or not asking)
