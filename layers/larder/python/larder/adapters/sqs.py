"""The queue that S3 announces stored objects on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from larder.adapters.s3 import FILES, object_key

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

    from larder.domain.ids import FileId, TenantId


class SqsArrivals:
    """`ArrivalQueue` on SQS: says again what S3 said, in the part of its words that is read."""

    def __init__(self, client: SQSClient, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def announce(self, tenant: TenantId, file_id: FileId) -> None:
        """Send an event of the shape of S3's own."""
        record = {
            "eventSource": "larder:sweep",
            "s3": {"object": {"key": object_key(FILES, tenant, file_id)}},
        }
        self._client.send_message(
            QueueUrl=self._queue_url, MessageBody=json.dumps({"Records": [record]})
        )
