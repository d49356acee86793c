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
    TRASH_PREFIX,
    USAGE,
    due_shards,
    project_partition,
    tenant_of,
)
from larder.domain.ids import (
    BATCH_PREFIX,
    FILE_PREFIX,
    FOLDER_PREFIX,
    UPLOAD_PREFIX,
    BatchId,
    FileId,
    FolderId,
    UploadId,
)
from larder.services.upkeep.ports import (
    DueAudit,
    DueBatch,
    DueFile,
    DueFolder,
    DueItem,
    DueTrashedFile,
    DueUpload,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

    from larder.adapters.dynamodb.attributes import ItemRead
    from larder.domain.ids import TenantId

# By what its sort key begins with.
_KINDS: Mapping[str, Callable[[TenantId, str], DueItem]] = {
    FILE_PREFIX: lambda tenant, key: DueFile(tenant, FileId(key)),
    TRASH_PREFIX: lambda tenant, key: DueTrashedFile(
        tenant, FileId(key.removeprefix(TRASH_PREFIX))
    ),
    UPLOAD_PREFIX: lambda tenant, key: DueUpload(tenant, UploadId(key)),
    FOLDER_PREFIX: lambda tenant, key: DueFolder(tenant, FolderId(key)),
    BATCH_PREFIX: lambda tenant, key: DueBatch(tenant, BatchId(key)),
    USAGE: lambda tenant, _: DueAudit(tenant),
}


class DynamoDeadlines:
    """`Deadlines` on DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def expired(self, tenant: TenantId, now: float) -> Iterator[DueItem]:
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
            yield from map(_due_item, page["Items"])

    def ahead(self, tenant: TenantId, now: float, limit: int) -> list[tuple[int, DueItem]]:
        """Query the project's part of `by_expiry` once."""
        answer = self._client.query(
            TableName=self._table,
            IndexName=BY_EXPIRY,
            KeyConditionExpression="pk = :pk AND expires_at > :now",
            ExpressionAttributeValues={
                ":pk": text(project_partition(tenant)),
                ":now": number(int(now)),
            },
            Limit=limit,
        )
        return [(int(key["expires_at"]["N"]), _due_item(key)) for key in answer["Items"]]

    def due(self, now: float) -> Iterator[DueItem]:
        """Query every shard of `by_due`, the longest overdue first in each."""
        for shard in due_shards():
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table,
                IndexName=BY_DUE,
                KeyConditionExpression="due_shard = :shard AND due_at <= :now",
                ExpressionAttributeValues={":shard": text(shard), ":now": number(int(now))},
            )
            for page in pages:
                yield from map(_due_item, page["Items"])


def _due_item(key: ItemRead) -> DueItem:
    tenant, sort_key = tenant_of(key), key["sk"]["S"]
    for prefix, kind in _KINDS.items():
        if sort_key.startswith(prefix):
            return kind(tenant, sort_key)
    return DueItem(tenant, sort_key)
