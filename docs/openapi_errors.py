"""The errors in the OpenAPI document: the envelope, and which statuses an operation may have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from larder.api.http.errors import internal_error, refusal
from larder.domain.errors import (
    BodyTooLargeError,
    ContentionError,
    EncodedBodyError,
    ForbiddenError,
    IdempotencyConflictError,
    InvalidParameterError,
    LarderError,
    NotFoundError,
)

if TYPE_CHECKING:
    from larder.api.http.routes import Route

ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "param", "code"],
            "additionalProperties": False,
            "properties": {
                "message": {"type": "string", "minLength": 1, "description": "For people"},
                "type": {
                    "type": "string",
                    "enum": [
                        "invalid_request_error",
                        "rate_limit_error",
                        "insufficient_quota",
                        "idempotency_conflict",
                        "api_error",
                    ],
                },
                "param": {"type": ["string", "null"], "description": "The parameter at fault"},
                "code": {"type": ["string", "null"], "description": "For programs"},
            },
        }
    },
}

RPC_ERROR = {
    "type": "object",
    "required": ["jsonrpc", "id", "error"],
    "additionalProperties": False,
    "properties": {
        "jsonrpc": {"type": "string", "const": "2.0"},
        "id": {"type": ["string", "integer", "null"], "description": "The request's id"},
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "additionalProperties": False,
            "properties": {
                "code": {"type": "integer", "description": "A code of JSON-RPC or MCP"},
                "message": {"type": "string", "minLength": 1, "description": "For people"},
                "data": {"type": "object", "description": "More about it, for programs"},
            },
        },
    },
}

_RPC_EXAMPLE = {
    "jsonrpc": "2.0",
    "id": 1,
    "error": {"code": -32602, "message": "params.name is missing, or no text."},
}

_SECONDS = {"description": "Seconds to wait", "schema": {"type": "integer", "maximum": 120}}
_RETRY = {
    "description": "`false`: the same request will never succeed",
    "schema": {"type": "string", "enum": ["false"]},
}

# For each status: its name, when it is answered, an error that is an example, and its headers.
_FAILURES: dict[str, tuple[str, str, LarderError | None, dict[str, Any]]] = {
    "400": (
        "BadRequest",
        "The request is malformed, a value is invalid, or it would exceed the project's quota",
        InvalidParameterError("limit must be at least 1, not 0.", param="limit"),
        {},
    ),
    "401": (
        "Unauthorized",
        "The API key is missing, unknown, expired or revoked, or in another header",
        InvalidParameterError("Missing or incorrect API key.", code="invalid_api_key"),
        {},
    ),
    "403": (
        "Forbidden",
        "The API key does not have the scope that this operation needs",
        ForbiddenError(
            "GET /v1/files needs a key with the scope 'read', and this key has batches. Use "
            "another key, or have one made with 'larder key create PROJECT --scope read'."
        ),
        {},
    ),
    "404": (
        "NotFound",
        "The project has no object with this id",
        NotFoundError("File", "file-019bbbd72d62a1b2c3d4e5f6"),
        {},
    ),
    "409": (
        "Conflict",
        "The idempotency key belongs to another request, or the object's state forbids this",
        IdempotencyConflictError(
            "This idempotency key was used for another request.", permanent=True
        ),
        {"x-should-retry": _RETRY},
    ),
    "413": (
        "ContentTooLarge",
        "The request body is larger than 2 MiB",
        BodyTooLargeError(
            3_000_000, 2 * 2**20, instead="Create an upload of the file with POST /v1/uploads."
        ),
        {},
    ),
    "415": (
        "UnsupportedMediaType",
        "The request body has a `Content-Encoding`",
        EncodedBodyError("gzip"),
        {},
    ),
    "429": (
        "TooManyRequests",
        "Too many requests, or too many changes at once: try again later",
        ContentionError(),
        {"Retry-After": _SECONDS},
    ),
    "5XX": ("ServerError", "Something failed at Larder or AWS: try again later", None, {}),
}

_NAMED = {"artifacts", "file_id", "folder_id", "folderId", "input_file_id", "parentId", "project"}
"""Parameters that name an object of the project outside the path."""


def error_content(error: LarderError | None = None) -> dict[str, Any]:
    """Return the content of an answer in the envelope, with the error's own body as an example."""
    schema = {"schema": {"$ref": "#/components/schemas/Error"}}
    if error is None:
        return {"application/json": schema}
    return {"application/json": schema | {"example": refusal(error).body}}


def failures() -> dict[str, Any]:
    """Return the error responses that operations refer to, by their names."""
    found: dict[str, Any] = {
        name: {"description": why, "content": error_content(error), "headers": headers}
        for name, why, error, headers in _FAILURES.values()
    }
    found["ServerError"]["content"]["application/json"]["example"] = internal_error().body
    either = [{"$ref": f"#/components/schemas/{name}"} for name in ("RpcError", "Error")]
    found["McpError"] = {
        "description": "The message is malformed (400), or names an unknown method (404)",
        "content": {"application/json": {"schema": {"oneOf": either}, "example": _RPC_EXAMPLE}},
    }
    return found


def failures_of(route: Route, operation: dict[str, Any], names: set[str]) -> dict[str, Any]:
    """Return the errors of an operation whose parameters and fields are called `names`."""
    takes_body = route.method == "POST" or "requestBody" in operation
    statuses = {
        # An API key is refused where a console session ends.
        "400": bool(names) or takes_body or route.function == "console_sessions_delete",
        "401": True,
        # A key is refused that may not sign in to the console.
        "403": route.scope is not None or route.function == "console_sessions_create",
        "404": "{" in route.path or not names.isdisjoint(_NAMED),
        "409": route.method == "POST",
        "413": takes_body,
        "415": takes_body,
        "429": True,
        "5XX": True,
    }
    names_of = {status: name for status, (name, *_) in _FAILURES.items()}
    if route.function == "mcp":
        statuses["404"] = True
        names_of |= {"400": "McpError", "404": "McpError"}
    return {
        status: {"$ref": f"#/components/responses/{names_of[status]}"}
        for status, answered in statuses.items()
        if answered
    }
