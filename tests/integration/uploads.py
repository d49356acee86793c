"""Requests about uploads and usage."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from urllib3.filepost import encode_multipart_formdata

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from tests.integration.conftest import Answer, Functions
    from tests.moto_stack import MotoStack


DATA = b"some bytes"


def create(functions: Functions, tenant: TenantId, **changes: Any) -> Answer:
    request = {"filename": "a.bin", "purpose": "user_data", "bytes": len(DATA), "mime_type": "a/b"}
    body = json.dumps({**request, **changes})
    return functions.call("uploads_create", tenant, body=body, isBase64Encoded=False)


def put(stack: MotoStack, tenant: TenantId, upload_id: str, data: bytes = DATA) -> str:
    key = f"files/{tenant}/{upload_id.replace('upload_', 'file-')}"
    stack.s3.put_object(Bucket=stack.settings.files_bucket, Key=key, Body=data)
    return key


def on_upload(
    functions: Functions, tenant: TenantId, verb: str, upload_id: str, body: str = "{}"
) -> Answer:
    return functions.call(
        f"uploads_{verb}",
        tenant,
        pathParameters={"upload_id": upload_id},
        body=body,
        isBase64Encoded=False,
    )


def upload_directly(
    functions: Functions, stack: MotoStack, tenant: TenantId, data: bytes, purpose: str = "batch"
) -> dict[str, Any]:
    """Return a file whose bytes came directly to S3, which the worker has yet to see."""
    created = create(functions, tenant, bytes=len(data), purpose=purpose).json
    put(stack, tenant, created["id"], data)
    completed = on_upload(functions, tenant, "complete", created["id"], '{"part_ids": []}')
    file: dict[str, Any] = completed.json["file"]
    assert file["status"] == "uploaded"
    return file


def used(functions: Functions, tenant: TenantId) -> tuple[int, int, int, int]:
    usage = functions.call("usage_get", tenant).json
    files, size = usage["files"], usage["bytes"]
    return files["used"], files["reserved"], size["used"], size["reserved"]


def age(stack: MotoStack, tenant: TenantId, object_id: str) -> None:
    """Set the expiry of the file or upload to a second after the epoch."""
    stack.dynamodb.update_item(
        TableName=stack.settings.store_table,
        Key={"pk": {"S": f"P#{tenant}"}, "sk": {"S": object_id}},
        UpdateExpression="SET expires_at = :past, due_at = :past, deadline = :past",
        ExpressionAttributeValues={":past": {"N": "1"}},
    )


def send_part(functions: Functions, tenant: TenantId, upload_id: str, data: bytes) -> Answer:
    """Send a small part as OpenAI's SDK does."""
    body, content_type = encode_multipart_formdata(
        {"data": ("upload", data, "application/octet-stream")}
    )
    return functions.call(
        "parts_create",
        tenant,
        pathParameters={"upload_id": upload_id},
        headers={"Content-Type": content_type},
        body=base64.b64encode(body).decode(),
        isBase64Encoded=True,
    )
