"""What falls due, from the two sparse indexes of the Store table.

`by_expiry` holds one project's expiring items under its own partition, for the requests that
reclaim; `by_due` holds everything that the sweeper must look at, spread over a few shards. An
index lags behind its table, so whoever acts on an answer reads the record first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.adapters.dynamodb.attributes import number, text
from larder.adapters.dynamodb.keys import (
    BY_DUE,
    BY_EXPIRY,
    due_shards,
    file_id_of,
    folder_id_of,
    is_trashed,
    project_partition,
    tenant_of,
    upload_id_of,
)
from larder.services.upkeep.ports import DueWork

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

    from larder.adapters.dynamodb.attributes import ItemRead
    from larder.domain.ids import TenantId


class DynamoDeadlines:
    """`Deadlines` on DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def expired(self, tenant: TenantId, now: float) -> Iterator[DueWork]:
        """Query the project's part of `by_expiry`."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName=BY_EXPIRY,
            KeyConditionExpression="pk = :pk AND expires_at <= :now",
            ExpressionAttributeValues={
                ":pk": text(project_partition(tenant)),
                ":now": number(int(now)),
            },
        )
        for page in pages:
            yield from map(_work, page["Items"])

    def due(self, now: float) -> Iterator[DueWork]:
        """Query every shard of `by_due`, the longest overdue first in each."""
        for shard in due_shards():
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table,
                IndexName=BY_DUE,
                KeyConditionExpression="due_shard = :shard AND due_at <= :now",
                ExpressionAttributeValues={":shard": text(shard), ":now": number(int(now))},
            )
            for page in pages:
                yield from map(_work, page["Items"])


def _work(key: ItemRead) -> DueWork:
    return DueWork(
        tenant=tenant_of(key),
        file_id=file_id_of(key),
        upload_id=upload_id_of(key),
        folder_id=folder_id_of(key),
        trashed=is_trashed(key),
    )
