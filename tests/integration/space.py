"""Requests about the Space."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from urllib3.filepost import encode_multipart_formdata

from tests.support.events import recorded
from tests.support.handlers import FakeContext

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from tests.integration.conftest import Answer, Functions
    from tests.moto_stack import MotoStack


def on(functions: Functions, tenant: TenantId, name: str, **changes: Any) -> Answer:
    """Call a function of the Space. `body` is sent as JSON, `id` in the path, `query` as it is."""
    event = recorded(name)
    if "id" in changes:
        [parameter] = event["pathParameters"]
        changes["pathParameters"] = {parameter: changes.pop("id")}
    if "body" in changes:
        changes |= {"body": json.dumps(changes["body"]), "isBase64Encoded": False}
    return functions.call(name, tenant, queryStringParameters=changes.pop("query", None), **changes)


def put(
    functions: Functions,
    tenant: TenantId,
    name: str = "report.pdf",
    data: bytes = b"a report",
    **form: str,
) -> dict[str, Any]:
    body, content_type = encode_multipart_formdata({**form, "file": (name, data, "text/plain")})
    answer = functions.call(
        "space_files_create",
        tenant,
        headers={"Content-Type": content_type},
        body=base64.b64encode(body).decode(),
        isBase64Encoded=True,
    )
    assert answer.status == 200, answer.raw
    file: dict[str, Any] = answer.json
    return file


def folder(functions: Functions, tenant: TenantId, name: str, **fields: Any) -> str:
    answer = on(functions, tenant, "folders_create", body={"name": name} | fields)
    assert answer.status == 200, answer.raw
    folder_id: str = answer.json["folderId"]
    return folder_id


def cleanups(stack: MotoStack) -> list[dict[str, Any]]:
    """Return the queued messages for `on_cleanup`, as its events."""
    answer = stack.sqs.receive_message(
        QueueUrl=stack.settings.cleanups_queue_url, MaxNumberOfMessages=10
    )
    events = []
    for message in answer.get("Messages", []):
        event = recorded("on_cleanup")
        event["Records"][0]["body"] = message["Body"]
        events.append(event)
    return events


class Hurry(FakeContext):
    """A context whose clock advances by a minute each time it is read."""

    def get_remaining_time_in_millis(self) -> int:
        self.remaining_ms -= 60_000
        return self.remaining_ms


def hurried(functions: Functions, tenant: TenantId, name: str, **changes: Any) -> Any:
    """Call the function with no time left for any work."""
    event = recorded(name)
    event["requestContext"]["authorizer"]["tenant"] = tenant
    return functions.invoke(name, event | changes, Hurry())
