"""Writes `docs/openapi.json`: `python -m docs.openapi`; with `--check`, compares and validates it.

It keeps the digests in `docs/api-changelog.md`, which has to name each change of an operation.

Powertools describes each function of the table of routes by its decorator and its signature.
What operations have in common is added here: security, tags, headers, errors.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import json
import os
import sys
from pathlib import Path
from typing import Any

from aws_lambda_powertools.event_handler.openapi.merge import OpenAPIMerge
from aws_lambda_powertools.event_handler.openapi.models import (
    APIKey,
    APIKeyIn,
    HTTPBearer,
    License,
    Server,
    ServerVariable,
    Tag,
)
from aws_lambda_powertools.event_handler.openapi.params import Query
from openapi_spec_validator import OpenAPIV31SpecValidator

import larder.api.http.params
from docs.openapi_changes import mistakes as unnamed_changes
from docs.openapi_changes import updated
from docs.openapi_errors import ERROR, RPC_ERROR, error_content, failures, failures_of
from docs.openapi_forms import BODIES, FORMS, HEADERS, IDEMPOTENCY_KEY
from larder.api.http.routes import ROUTES, Route
from larder.domain.ids import (
    ARTIFACT_PREFIX,
    BATCH_PREFIX,
    BUNDLE_PREFIX,
    FILE_PREFIX,
    FOLDER_PREFIX,
    TENANT_PREFIX,
    UPLOAD_PREFIX,
    WEBHOOK_PREFIX,
    id_pattern,
)

# Powertools describes parameters that its own class marks. The functions mark them by a class of
# ours, since to import Powertools' costs a cold start more than everything else.
larder.api.http.params.Query = Query  # type: ignore[misc, assignment]

ROOT = Path(__file__).parent.parent
DOCUMENT = ROOT / "docs" / "openapi.json"
CHANGES = ROOT / "docs" / "api-changelog.md"
# By operation, what was asked and answered in tests/integration/test_examples.py.
EXAMPLES: dict[str, dict[str, Any]] = json.loads(
    (ROOT / "docs" / "openapi_examples.json").read_text()
)

# The tag of the routes whose path begins so.
TAGS = {
    "/v1/files": Tag(name="Files", description="Files in OpenAI's shape"),
    "/v1/uploads": Tag(name="Uploads", description="Large files, whose bytes go straight to S3"),
    "/v1/batches": Tag(name="Batches", description="Files of requests, answered by models"),
    "/v1/upstreams": Tag(name="Upstreams", description="The model servers that answer batches"),
    "/v1/admin": Tag(name="Operators", description="Projects and keys, for keys with `admin`"),
    "/v1/keys": Tag(name="Keys", description="What a key is, and what it may do"),
    "/v1/webhooks": Tag(name="Webhooks", description="Where the project's events are sent"),
    "/v2/artifacts": Tag(name="Artifacts", description="Content that prompts share"),
    "/v2/bundles": Tag(name="Bundles", description="Lists of artifacts, in order"),
    "/v1/usage": Tag(name="Usage", description="How much of its quota the project uses"),
    "/v1/storage/files": Tag(name="Space files", description="Named and tagged files in folders"),
    "/v1/storage/tags": Tag(name="Space tags", description="What files are tagged with"),
    "/v1/storage/trash": Tag(name="Space trash", description="Deleted files, kept for 30 days"),
    "/v1/storage/folders": Tag(name="Space folders", description="The tree of folders"),
    "/v1/chat": Tag(name="Chat", description="A model that works with the project's files"),
    "/mcp": Tag(name="MCP", description="The Model Context Protocol, for agents"),
    "/v1/console": Tag(name="Console", description="Sessions of the web console"),
}

IDS = {
    "artifact_id": {"pattern": id_pattern(ARTIFACT_PREFIX)},
    "batch_id": {"pattern": id_pattern(BATCH_PREFIX)},
    "bundle_id": {"pattern": id_pattern(BUNDLE_PREFIX)},
    "file_id": {"pattern": id_pattern(FILE_PREFIX)},
    "folder_id": {"pattern": id_pattern(FOLDER_PREFIX)},
    "key_id": {"pattern": "^(key|session)_[0-9a-f]{16}$"},
    "project_id": {"pattern": f"{id_pattern(TENANT_PREFIX)}|^[a-z0-9][a-z0-9_-]{{0,62}}$"},
    "upload_id": {"pattern": id_pattern(UPLOAD_PREFIX)},
    "webhook_id": {"pattern": id_pattern(WEBHOOK_PREFIX)},
}


def document() -> dict[str, Any]:
    """Return the OpenAPI document of all routes.

    Raises:
        SystemExit: a function has a route that is not in the table, or the other way round.
    """
    api = _as_powertools_describes_it()
    operations = {
        (method.upper(), path): operation
        for path, methods in api["paths"].items()
        for method, operation in methods.items()
    }
    routes = {(route.method, route.path): route for route in ROUTES}
    if operations.keys() != routes.keys():
        differing = sorted(operations.keys() ^ routes.keys())
        sys.exit(f"in a function or in the table of routes, but not in both: {differing}")
    schemas = api["components"]["schemas"]
    for name in [name for name in schemas if name.endswith("ValidationError")]:
        del schemas[name]
    for key, operation in operations.items():
        _complete(operation, routes[key], schemas)
    schemas["Error"] = ERROR
    schemas["RpcError"] = RPC_ERROR
    api["components"]["responses"] = failures()
    return api


def _as_powertools_describes_it() -> dict[str, Any]:
    # The functions make their clients when they are loaded; no call leaves this process.
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
    merge = OpenAPIMerge(
        title="Larder",
        version="1.0.0",
        description="An OpenAI-compatible, multi-tenant file store in your own AWS account.",
        license_info=License(name="Apache-2.0", identifier="Apache-2.0"),
        servers=[
            Server(
                url="https://{api}.execute-api.{region}.amazonaws.com/prod",
                variables={
                    "api": ServerVariable(default="a1b2c3d4e5"),
                    "region": ServerVariable(default="us-east-1"),
                },
            )
        ],
        tags=list(TAGS.values()),
        security_schemes={
            "Bearer": HTTPBearer(
                bearerFormat="zk_live_…",
                description="The project's key, for all routes but those that read `x-api-key`.",
            ),
            "ApiKey": APIKey(
                in_=APIKeyIn.header,
                name="x-api-key",
                description="The same key, for `/v1/chat` and the routes below `/v1/storage`.",
            ),
        },
        on_conflict="error",
    )
    for function in dict.fromkeys(route.function for route in ROUTES):
        merge.add_file(ROOT / "functions" / function / "app.py", resolver_name="app")
    # Powertools' own types make floats of whole numbers.
    api: dict[str, Any] = json.loads(
        merge.get_openapi_json_schema(), parse_float=lambda text: int(float(text))
    )
    return api


def _docstrings(function: str) -> dict[str, str | None]:
    """Return the docstrings in a function's module; an operation's id is its function's name."""
    module = ast.parse((ROOT / "functions" / function / "app.py").read_text())
    return {
        each.name: ast.get_docstring(each)
        for each in module.body
        if isinstance(each, ast.FunctionDef)
    }


def _complete(operation: dict[str, Any], route: Route, schemas: dict[str, Any]) -> None:
    """Add to an operation what the route and the functions' own reading of requests say."""
    description = _docstrings(route.function)[operation["operationId"]]
    if route.scope is not None:
        description = f"{description}\n\nThe key needs the scope `{route.scope}`."
    operation["description"] = description
    parameters = operation.setdefault("parameters", [])
    for parameter in parameters:
        _simplify(parameter["schema"])
        if parameter["in"] == "path":
            parameter["schema"] |= IDS[parameter["name"]]
    parameters += HEADERS.get(operation["operationId"], [])
    if route.method == "POST":
        parameters.append(IDEMPOTENCY_KEY)
    if (content := _content(route.function)) is not None:
        operation["requestBody"] = {"content": content}
    names = {each["name"] for each in parameters if each["in"] != "path"}
    if (body := operation.get("requestBody")) is not None:
        schema = _resolved(next(iter(body["content"].values()))["schema"], schemas)
        names |= schema["properties"].keys()
        # An empty body counts as an empty object.
        body["required"] = "required" in schema
        _add_example(body, route.function, "request")
    responses = operation["responses"]
    _add_example(responses["200"], route.function, "response")
    for status, reference in failures_of(route, operation, names).items():
        responses.setdefault(status, reference)
    for status, response in responses.items():
        if status[0] in "45" and "$ref" not in response:
            response["content"] = error_content()
    operation["tags"] = [next(tag.name for at, tag in TAGS.items() if route.path.startswith(at))]
    scheme = {"space": "ApiKey", "public": None}.get(route.surface, "Bearer")
    operation["security"] = [] if scheme is None else [{scheme: []}]


def _add_example(message: dict[str, Any], function: str, part: str) -> None:
    example = EXAMPLES.get(function, {}).get(part)
    if example is not None and "application/json" in message.get("content", {}):
        message["content"]["application/json"]["example"] = example


def _content(function: str) -> dict[str, Any] | None:
    """Return the content of a body that the function reads by itself."""
    if function in FORMS:
        return {"multipart/form-data": {"schema": FORMS[function]}}
    return {"application/json": {"schema": BODIES[function]}} if function in BODIES else None


def _simplify(schema: dict[str, Any]) -> None:
    """Leave out a parameter's title, and null, which a path or a query cannot say."""
    schema.pop("title", None)
    for kind in schema.pop("anyOf", []):
        if kind != {"type": "null"}:
            schema |= kind


def _resolved(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = schemas[schema["$ref"].split("/")[-1]] if "$ref" in schema else schema
    return found


def main() -> int:
    """Write the document; or compare it with the one that is there, and validate that."""
    parser = argparse.ArgumentParser(prog="python -m docs.openapi", description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    api = document()
    wanted = json.dumps(api, indent=2, sort_keys=True) + "\n"
    if not parser.parse_args().check:
        DOCUMENT.write_text(wanted)
        CHANGES.write_text(updated(CHANGES.read_text(), api))
    unnamed = unnamed_changes(CHANGES.read_text(), api)
    sys.stdout.writelines(f"{each}\n" for each in unnamed)
    found = DOCUMENT.read_text() if DOCUMENT.exists() else ""
    sys.stdout.writelines(
        difflib.unified_diff(
            found.splitlines(keepends=True),
            wanted.splitlines(keepends=True),
            "docs/openapi.json",
            "what the functions say",
        )
    )
    mistakes = list(OpenAPIV31SpecValidator(json.loads(wanted)).iter_errors())
    sys.stdout.writelines(f"{mistake.json_path}: {mistake.message}\n" for mistake in mistakes)
    return 0 if found == wanted and not mistakes and not unnamed else 1


if __name__ == "__main__":
    sys.exit(main())
