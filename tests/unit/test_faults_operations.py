"""The matrix of faults has an operation for every function, and knows which routes they took."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx

from larder.api.http.routes import ROUTES
from tests.faults.artifact_operations import ARTIFACTS
from tests.faults.batch_operations import BATCHES
from tests.faults.chat_operations import CHAT
from tests.faults.matrix import Result, unreached
from tests.faults.space_operations import SPACE
from tests.faults.v1_operations import V1
from tests.faults.webhook_operations import WEBHOOKS
from tests.faults.worker_operations import SWEPT, WORKERS

FUNCTIONS = {path.parent.name for path in Path(__file__).parents[2].glob("functions/*/app.py")}
CALLS_NOTHING = {"console_page", "healthz", "reference", "unknown_route"}


def after(method: str, path: str) -> Result:
    """Return the result of an operation that sent that request to a deployed stage."""
    request = httpx.Request(method, f"https://stage.example/prod{path}")
    case = SimpleNamespace(response=httpx.Response(200, request=request))
    return Result(operation=cast("Any", None), plan=cast("Any", None), case=cast("Any", case))


def test_every_function_has_an_operation_whose_calls_go_wrong() -> None:
    groups = (V1, ARTIFACTS, SPACE, CHAT, BATCHES, WEBHOOKS, WORKERS, SWEPT)
    faulted = {operation.function for group in groups for operation in group}

    assert faulted == FUNCTIONS - CALLS_NOTHING


def test_a_route_that_no_operation_took_is_named() -> None:
    all_but_two = [
        after(route.method, route.path.replace("{file_id}", "file-1"))
        for route in ROUTES
        if route.function not in {"files_get", "usage_get"}
    ]

    assert unreached(all_but_two) == ["GET /v1/files/{file_id}", "GET /v1/usage"]
