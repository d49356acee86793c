"""The queues: objects that S3 has stored, and work that takes longer than one request.

Each message names its project as its group. That makes a standard queue a fair one: SQS delivers
the messages of projects that wait for little before those of one that keeps the consumers busy.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from larder.adapters.s3 import FILES, object_key
from larder.domain.ids import FolderId, TenantId
from larder.services.space.ports import FolderCleanup, TrashCleanup

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

    from larder.domain.ids import FileId
    from larder.services.space.ports import Cleanup


class SqsValidationQueue:
    """`ValidationQueue` on SQS. Sends the fields of S3's event notification that are read."""

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
            QueueUrl=self._queue_url,
            MessageBody=json.dumps({"Records": [record]}),
            MessageGroupId=tenant,
        )


class SqsCleanupQueue:
    """`CleanupQueue` on SQS."""

    def __init__(self, client: SQSClient, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def enqueue(self, tenant: TenantId, cleanup: Cleanup) -> None:
        """Send the message that `parse_cleanup` reads."""
        message: dict[str, str | int] = {"project": tenant}
        match cleanup:
            case FolderCleanup():
                message["folder"] = cleanup.folder_id
            case TrashCleanup():
                message["trash_until"] = cleanup.until
        self._client.send_message(
            QueueUrl=self._queue_url, MessageBody=json.dumps(message), MessageGroupId=tenant
        )


def parse_cleanup(message: dict[str, str | int]) -> tuple[TenantId, Cleanup]:
    """Return which cleanup a message asks for, and of which project."""
    tenant = TenantId(str(message["project"]))
    if "folder" in message:
        return tenant, FolderCleanup(FolderId(str(message["folder"])))
    return tenant, TrashCleanup(int(message["trash_until"]))
