"""Requests about files."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from urllib3.filepost import encode_multipart_formdata

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from tests.integration.conftest import Answer, Functions


GOOD_LINE = json.dumps(
    {
        "custom_id": "a",
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": {"model": "m", "messages": [{"role": "user", "content": "hi"}]},
    }
).encode()


def upload(
    functions: Functions,
    tenant: TenantId,
    data: bytes = GOOD_LINE,
    filename: str = "requests.jsonl",
    fields: dict[str, str] | None = None,
) -> Answer:
    body, content_type = encode_multipart_formdata(
        {**(fields or {}), "file": (filename, data, "application/jsonl")}
    )
    return functions.call(
        "files_create",
        tenant,
        headers={"Content-Type": content_type},
        body=base64.b64encode(body).decode(),
        isBase64Encoded=True,
    )


def get(
    functions: Functions, tenant: TenantId, file_id: str, route: str = "files_get", **changes: Any
) -> Answer:
    return functions.call(route, tenant, pathParameters={"file_id": file_id}, **changes)
