"""The queues: stored objects, deliveries of webhooks, work that takes longer than one request.

Each message names its project as its group. That makes a standard queue a fair one: SQS delivers
the messages of projects that wait for little before those of one that keeps the consumers busy.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from larder.adapters.s3 import FILES, object_key
from larder.domain.ids import FolderId, TenantId, WebhookId
from larder.services.space.ports import FolderCleanup, TrashCleanup

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

    from larder.domain.deliveries import Delivery
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


class SqsWakeUps:
    """`WakeUps` on SQS."""

    def __init__(self, client: SQSClient, queue_url: str, dead_letters_url: str) -> None:
        self._client = client
        self._queue_url = queue_url
        self._dead_letters_url = dead_letters_url

    def wake(self, tenant: TenantId, webhook_id: WebhookId, *, after: int = 0) -> None:
        """Send the message that `parse_wake_up` reads, held back for some seconds."""
        self._client.send_message(
            QueueUrl=self._queue_url,
            MessageBody=json.dumps({"project": tenant, "webhook": webhook_id}),
            MessageGroupId=webhook_id,
            DelaySeconds=after,
        )

    def give_up(self, tenant: TenantId, delivery: Delivery) -> None:
        """Send a message that has the delivery tried again, once somebody moves it back."""
        message = {
            "project": tenant,
            "webhook": delivery.webhook_id,
            "delivery": delivery.id,
            "event": delivery.event_type,
            "object": delivery.object_id,
            "error": delivery.last_error,
        }
        self._client.send_message(
            QueueUrl=self._dead_letters_url,
            MessageBody=json.dumps(message),
            MessageGroupId=delivery.webhook_id,
        )


def parse_wake_up(message: dict[str, str]) -> tuple[TenantId, WebhookId, str | None]:
    """Return which webhook of which project a message is about, and which delivery, if one."""
    tenant, webhook_id = TenantId(message["project"]), WebhookId(message["webhook"])
    return tenant, webhook_id, message.get("delivery")
