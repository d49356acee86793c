"""Writes `docs/openapi.json` from the functions' routes; with `--check`, only compares."""

from __future__ import annotations

import argparse
import difflib
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.event_handler.openapi.merge import OpenAPIMerge
from aws_lambda_powertools.event_handler.openapi.models import HTTPBearer, Server
from aws_lambda_powertools.event_handler.openapi.params import Query

import larder.api.http.params
from larder.api.uploads.requests import UploadCompleteRequest, UploadCreateRequest
from larder.domain.files import MAX_LIFETIME, MIN_LIFETIME, Purpose
from larder.services.files.list import MAX_PAGE
from larder.services.files.url import MAX_URL_LIFETIME, MIN_URL_LIFETIME

if TYPE_CHECKING:
    from pydantic import BaseModel

# Powertools describes a function's parameters when they are marked by its own class, which costs
# a function that runs more than all of its own.
larder.api.http.params.Query = Query  # type: ignore[misc, assignment]

ROOT = Path(__file__).parent.parent
DOCUMENT = ROOT / "docs" / "openapi.json"

# What the functions read from the body themselves, so that every error has the envelope.
JSON_BODIES: dict[str, type[BaseModel]] = {
    "/v1/uploads": UploadCreateRequest,
    "/v1/uploads/{upload_id}/complete": UploadCompleteRequest,
}

FILE_FORM = {
    "type": "object",
    "required": ["file"],
    "properties": {
        "file": {"type": "string", "format": "binary"},
        "purpose": {
            "type": "string",
            "enum": [purpose for purpose in Purpose if purpose is not Purpose.BATCH_OUTPUT],
            "default": Purpose.BATCH,
        },
        "expires_after[anchor]": {"type": "string", "enum": ["created_at"]},
        "expires_after[seconds]": {
            "type": "integer",
            "minimum": MIN_LIFETIME,
            "maximum": MAX_LIFETIME,
        },
        "sha256": {
            "type": "string",
            "description": "Extension: hex digest; other bytes are refused",
        },
    },
    "dependentRequired": {"expires_after[anchor]": ["expires_after[seconds]"]},
}

OF_CLIENTS = FILE_FORM["properties"]["purpose"]["enum"]  # type: ignore[index]

# What a query parameter may be, by operation: the functions check it themselves, so that a refusal
# has the code that OpenAI's has.
PARAMETERS: dict[str, dict[str, dict[str, Any]]] = {
    "files_list": {
        "limit": {"type": "integer", "minimum": 1, "maximum": MAX_PAGE},
        "after": {"type": "string", "pattern": "^file-[0-9a-f]{24}$"},
        "order": {"type": "string", "enum": ["asc", "desc"]},
        "purpose": {"type": "string", "enum": list(Purpose)},
    },
    "files_url": {
        "expiry": {"type": "integer", "minimum": MIN_URL_LIFETIME, "maximum": MAX_URL_LIFETIME}
    },
}

REPORT = {
    "type": "object",
    "required": [
        *("object", "file_id", "valid", "total_lines", "request_count", "error_count", "errors"),
        *("endpoint", "model", "sha256", "validated_at", "duration_ms"),
    ],
    "properties": {
        "object": {"const": "file.validation"},
        "file_id": {"type": "string"},
        "valid": {"type": "boolean"},
        "total_lines": {"type": "integer"},
        "request_count": {"type": "integer"},
        "error_count": {"type": "integer"},
        "errors": {
            "type": "array",
            "maxItems": 1000,
            "items": {
                "type": "object",
                "required": ["code", "line", "message", "param"],
                "properties": {
                    "code": {"type": "string"},
                    "line": {"type": ["integer", "null"]},
                    "message": {"type": "string"},
                    "param": {"type": ["string", "null"]},
                },
            },
        },
        "endpoint": {"type": ["string", "null"]},
        "model": {"type": ["string", "null"]},
        "sha256": {"type": "string"},
        "validated_at": {"type": "integer"},
        "duration_ms": {"type": "integer"},
    },
}

PART_FORM = {
    "type": "object",
    "required": ["data"],
    "properties": {"data": {"type": "string", "format": "binary"}},
}

ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "param", "code"],
            "properties": {
                "message": {"type": "string"},
                "type": {"type": "string"},
                "param": {"type": ["string", "null"]},
                "code": {"type": ["string", "null"]},
            },
        }
    },
}

REFUSED = {
    "description": "Refused: the message says why",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
}

# The answers that Powertools cannot know: its own validation status is answered as a 400.
NOT_ANSWERED = ("422",)

BYTES = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}


def document() -> dict[str, Any]:
    """Return the OpenAPI document of all routes of the functions."""
    # The functions make their clients when they are loaded; no call leaves this process.
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
    merge = OpenAPIMerge(
        title="Larder",
        version="1.0.0",
        description="An OpenAI-compatible, multi-tenant file store.",
        servers=[Server(url="https://larder.example.com")],
        security_schemes={"ApiKey": HTTPBearer()},
        security=[{"ApiKey": []}],
        on_conflict="error",
    )
    # Not `discover`: it only finds resolvers that a module makes by the class's own name.
    for function in sorted((ROOT / "functions").glob("*/app.py")):
        if "app = resolver()" in function.read_text():
            merge.add_file(function, resolver_name="app")
    api: dict[str, Any] = json.loads(merge.get_openapi_json_schema())
    schemas = api["components"]["schemas"]
    for name in [name for name in schemas if name.endswith("ValidationError")]:
        del schemas[name]
    schemas["Error"] = ERROR
    for path, model in JSON_BODIES.items():
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(schema.pop("$defs", {}))
        schemas[model.__name__] = schema
        api["paths"][path]["post"]["requestBody"] = {
            "required": True,
            "content": {
                "application/json": {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}
            },
        }
    for path, form in (("/v1/files", FILE_FORM), ("/v1/uploads/{upload_id}/parts", PART_FORM)):
        api["paths"][path]["post"]["requestBody"] = {
            "required": True,
            "content": {"multipart/form-data": {"schema": form}},
        }
    for operations in api["paths"].values():
        for operation in operations.values():
            for status in NOT_ANSWERED:
                operation["responses"].pop(status, None)
            operation["responses"]["4XX"] = REFUSED
            operation["responses"]["5XX"] = REFUSED
            say_what_parameters_may_be(operation)
    schemas["FileValidation"] = REPORT
    report = api["paths"]["/v1/files/{file_id}/validation"]["get"]["responses"]["200"]
    report["content"] = {
        "application/json": {"schema": {"$ref": "#/components/schemas/FileValidation"}}
    }
    content = api["paths"]["/v1/files/{file_id}/content"]["get"]["responses"]
    content["200"] = {"description": "The stored bytes", "content": BYTES}
    content["206"] = {"description": "The range that was asked for", "content": BYTES}
    content["302"] = {"description": "Where S3 serves a file above 4 MiB"}
    head = api["paths"]["/v1/files/{file_id}/content"]["head"]["responses"]
    head["200"] = {"description": "The headers of the whole content"}
    content["304"] = {"description": "The client's copy is current"}
    return api


def say_what_parameters_may_be(operation: dict[str, Any]) -> None:
    """Make the schemas of an operation's query parameters as precise as the function is."""
    for parameter in operation.get("parameters", []):
        precise = PARAMETERS.get(operation["operationId"], {}).get(parameter["name"], {})
        if precise:
            kept = {name: part for name, part in parameter["schema"].items() if name != "anyOf"}
            parameter["schema"] = kept | precise


def main() -> int:
    """Write the document, or compare it with the one that is there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    wanted = json.dumps(document(), indent=2, sort_keys=True) + "\n"
    if not parser.parse_args().check:
        DOCUMENT.write_text(wanted)
        return 0
    found = DOCUMENT.read_text() if DOCUMENT.exists() else ""
    sys.stdout.writelines(
        difflib.unified_diff(
            found.splitlines(keepends=True),
            wanted.splitlines(keepends=True),
            "docs/openapi.json",
            "what the functions say",
        )
    )
    return 0 if found == wanted else 1


if __name__ == "__main__":
    sys.exit(main())
