"""The forms, bodies and headers that functions read by themselves: no signature declares them."""

from __future__ import annotations

from typing import Any

from larder.domain.digests import SHA256_PATTERN
from larder.domain.files import MAX_LIFETIME, MIN_LIFETIME, OF_CLIENTS, Purpose
from larder.domain.ids import FOLDER_OR_ROOT
from larder.domain.tags import MAX_TAG

_FILE = {
    "type": "string",
    "format": "binary",
    "description": "A part with a filename; its bytes are stored as they are",
}

BODIES: dict[str, dict[str, Any]] = {
    "mcp": {
        "type": "object",
        "description": "One JSON-RPC 2.0 message of the Model Context Protocol, and no batch",
        "required": ["jsonrpc"],
        "properties": {
            "jsonrpc": {"type": "string", "enum": ["2.0"]},
            "id": {"type": ["string", "integer"], "description": "Left out by a notification"},
            "method": {"type": "string", "examples": ["tools/call"]},
            "params": {"type": "object"},
        },
    },
}
"""The JSON bodies that have errors of their own."""

FORMS: dict[str, dict[str, Any]] = {
    "files_create": {
        "type": "object",
        "required": ["file"],
        "properties": {
            "file": _FILE,
            "purpose": {"type": "string", "enum": list(OF_CLIENTS), "default": Purpose.BATCH},
            "expires_after[anchor]": {"type": "string", "enum": ["created_at"]},
            "expires_after[seconds]": {
                "type": "integer",
                "minimum": MIN_LIFETIME,
                "maximum": MAX_LIFETIME,
                "description": "Also taken as expires_after.seconds, and as JSON in expires_after. "
                "Any other field that begins with `expir` is refused",
            },
            "sha256": {
                "type": "string",
                "pattern": SHA256_PATTERN,
                "description": "Extension: the SHA-256 in hex; other bytes are refused",
            },
            "folder_id": {
                "type": "string",
                "pattern": FOLDER_OR_ROOT,
                "description": "Extension: the folder of the file",
            },
        },
        "dependentRequired": {"expires_after[anchor]": ["expires_after[seconds]"]},
    },
    "parts_create": {
        "type": "object",
        "required": ["data"],
        "properties": {"data": {"type": "string", "format": "binary", "minLength": 1}},
    },
    "space_files_create": {
        "type": "object",
        "required": ["file"],
        "properties": {
            "file": _FILE,
            "folderId": {"type": "string", "pattern": FOLDER_OR_ROOT},
            "tags": {
                "type": "array",
                "items": {"type": "string", "minLength": 1, "maxLength": MAX_TAG},
                "description": "Several fields, or one with commas between the tags",
            },
        },
    },
}
"""The forms by function."""

HEADERS: dict[str, list[dict[str, Any]]] = {
    "files_content": [
        {
            "name": "Range",
            "in": "header",
            "description": "Only these bytes",
            "schema": {"type": "string"},
            "example": "bytes=0-1023",
        },
        {
            "name": "If-None-Match",
            "in": "header",
            "description": "An `ETag`: if it is still current, the answer is 304 without the bytes",
            "schema": {"type": "string"},
        },
    ],
}
"""The headers by operation id."""

IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "A repeated request with the same key is answered as the first one was",
    "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
}
