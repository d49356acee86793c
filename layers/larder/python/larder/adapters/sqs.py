"""The queues: what S3 announces, and what is too much for one request."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from larder.adapters.s3 import FILES, object_key
from larder.domain.ids import FolderId, TenantId

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

    from larder.domain.ids import FileId
    from larder.services.space.ports import CleanupQueue


class SqsValidationQueue:
    """`ValidationQueue` on SQS: says again what S3 said, in the part of its words that is read."""

    def __init__(self, client: SQSClient, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def enqueue(self, tenant: TenantId, file_id: FileId) -> None:
        """Send an event of the shape of S3's own."""
        record = {
            "eventSource": "larder:sweep",
            "s3": {"object": {"key": object_key(FILES, tenant, file_id)}},
        }
        self._client.send_message(
            QueueUrl=self._queue_url, MessageBody=json.dumps({"Records": [record]})
        )


class SqsCleanupQueue:
    """`CleanupQueue` on SQS."""

    def __init__(self, client: SQSClient, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def clear_folder(self, tenant: TenantId, folder_id: FolderId) -> None:
        """Send the folder's id."""
        self._send({"project": tenant, "folder": folder_id})

    def empty_trash(self, tenant: TenantId, until: int) -> None:
        """Send the time until which the trash is to be emptied."""
        self._send({"project": tenant, "trash_until": until})

    def _send(self, message: dict[str, str | int]) -> None:
        self._client.send_message(QueueUrl=self._queue_url, MessageBody=json.dumps(message))


def dispatch(body: str, to: CleanupQueue) -> dict[str, str | int]:
    """Ask `to` for what the body of a message asks for, and return what that is."""
    message: dict[str, str | int] = json.loads(body)
    tenant = TenantId(str(message["project"]))
    if "folder" in message:
        to.clear_folder(tenant, FolderId(str(message["folder"])))
    else:
        to.empty_trash(tenant, int(message["trash_until"]))
    return message
