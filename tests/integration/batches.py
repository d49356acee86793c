"""What the tests of batches send to the functions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.integration.files import upload

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from tests.integration.conftest import Answer, Functions

ENDPOINT = "/v1/chat/completions"
JSON = {"Content-Type": "application/json"}


def create(
    functions: Functions,
    tenant: TenantId,
    file_id: str | None = None,
    headers: dict[str, str] = JSON,
    **changes: Any,
) -> Answer:
    """Send a request for a batch, on a new file unless one is given; None leaves a field out."""
    file_id = file_id or upload(functions, tenant).json["id"]
    request = {"input_file_id": file_id, "endpoint": ENDPOINT, "completion_window": "24h"}
    body = {name: value for name, value in (request | changes).items() if value is not None}
    return functions.call(
        "batches_create", tenant, headers=headers, body=json.dumps(body), isBase64Encoded=False
    )


def on_batch(functions: Functions, tenant: TenantId, verb: str, batch_id: str) -> Answer:
    return functions.call(f"batches_{verb}", tenant, pathParameters={"batch_id": batch_id})


def page(functions: Functions, tenant: TenantId, **query: str) -> Answer:
    return functions.call("batches_list", tenant, queryStringParameters=query or None)
