"""What falls due, from the two sparse indexes of the Store table.

`by_expiry` holds one project's expiring items under its own partition, for the requests that
reclaim; `by_due` holds everything that the sweeper must look at, spread over a few shards. An
index lags behind its table, so whoever acts on an answer reads the record first.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from larder.adapters.dynamodb.attributes import number, text
from larder.adapters.dynamodb.keys import (
    BY_DUE,
    BY_EXPIRY,
    TRASH_PREFIX,
    TRASHED_FOLDER,
    USAGE,
    due_shards,
    places_key,
    project_partition,
    tenant_of,
)
from larder.domain.ids import (
    ARTIFACT_PREFIX,
    BATCH_PREFIX,
    FILE_PREFIX,
    FOLDER_PREFIX,
    UPLOAD_PREFIX,
    WEBHOOK_PREFIX,
    BatchId,
    FileId,
    FolderId,
    UploadId,
    WebhookId,
)
from larder.services.upkeep.ports import (
    NO_PLACES,
    DueAudit,
    DueBatch,
    DueFile,
    DueFolder,
    DueItem,
    DueTrashedFile,
    DueTrashedFolder,
    DueUpload,
    DueWebhook,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    from larder.adapters.dynamodb.attributes import ItemRead
    from larder.domain.ids import TenantId

_TURN = 25
"""Items of a shard before the next one has its turn."""

_FIRST_SECONDS = 300

_WITHIN = "|"

# By what its sort key begins with: the longer one first.
_KINDS: Mapping[str, Callable[[TenantId, str], DueItem]] = {
    FILE_PREFIX: lambda tenant, key: DueFile(tenant, FileId(key)),
    ARTIFACT_PREFIX: lambda tenant, key: DueFile(tenant, FileId(key)),
    TRASHED_FOLDER: lambda tenant, key: DueTrashedFolder(
        tenant, FolderId(key.removeprefix(TRASH_PREFIX))
    ),
    TRASH_PREFIX: lambda tenant, key: DueTrashedFile(
        tenant, FileId(key.removeprefix(TRASH_PREFIX))
    ),
    UPLOAD_PREFIX: lambda tenant, key: DueUpload(tenant, UploadId(key)),
    FOLDER_PREFIX: lambda tenant, key: DueFolder(tenant, FolderId(key)),
    BATCH_PREFIX: lambda tenant, key: DueBatch(tenant, BatchId(key)),
    USAGE: lambda tenant, _: DueAudit(tenant),
    WEBHOOK_PREFIX: lambda tenant, key: DueWebhook(tenant, WebhookId(key)),
}


class DynamoDeadlines:
    """`Deadlines` on DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def expired(self, tenant: TenantId, now: float) -> Iterator[DueItem]:
        """Query the project's part of `by_expiry`."""
        return map(_due_item, expired_keys(self._client, self._table, tenant, now))

    def due(self, now: float, after: Mapping[str, str] = NO_PLACES) -> Iterator[DueItem]:
        """Query the shards of `by_due` in turn, a few items at a time.

        Another shard is the first every few minutes, in case a sweep dies early each time.
        """
        shards, until = due_shards(), int(now)
        first = until // _FIRST_SECONDS % len(shards)
        shards = shards[first:] + shards[:first]
        yield from _in_turn(self._query(shard, until, after.get(shard)) for shard in shards)
        yield from _in_turn(
            self._query(shard, min(until, _due_at(after[shard])), None)
            for shard in shards
            if shard in after
        )

    def _query(self, shard: str, until: int, after: str | None) -> Iterator[DueItem]:
        start: dict[str, Any] = {}
        if after is not None:
            due_at, partition, sort_key = after.split(_WITHIN, 2)
            start["ExclusiveStartKey"] = {
                "due_shard": text(shard),
                "due_at": {"N": due_at},
                "pk": text(partition),
                "sk": text(sort_key),
            }
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName=BY_DUE,
            KeyConditionExpression="due_shard = :shard AND due_at <= :until",
            ExpressionAttributeValues={":shard": text(shard), ":until": number(until)},
            **start,
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

    def oldest_due(self, now: float) -> int | None:
        """Query the first item of every shard."""
        firsts = [
            self._client.query(
                TableName=self._table,
                IndexName=BY_DUE,
                KeyConditionExpression="due_shard = :shard AND due_at <= :now",
                ExpressionAttributeValues={":shard": text(shard), ":now": number(int(now))},
                Limit=1,
            )["Items"]
            for shard in due_shards()
        ]
        return min((int(item["due_at"]["N"]) for items in firsts for item in items), default=None)


class DynamoSweepPlaces:
    """`SweepPlaces` in an item of the Store table."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def get(self) -> Mapping[str, str]:
        """Read the item, strongly consistent."""
        item = self._client.get_item(
            TableName=self._table, Key=places_key(), ConsistentRead=True
        ).get("Item")
        if item is None:
            return NO_PLACES
        return {shard: place["S"] for shard, place in item["places"]["M"].items()}

    def keep(self, places: Mapping[str, str]) -> None:
        """Replace the item."""
        kept: AttributeValueTypeDef = {"M": {shard: text(place) for shard, place in places.items()}}
        self._client.put_item(TableName=self._table, Item={**places_key(), "places": kept})


def _in_turn(queues: Iterable[Iterator[DueItem]]) -> Iterator[DueItem]:
    turns = deque(queues)
    while turns:
        queue = turns.popleft()
        some = list(islice(queue, _TURN))
        yield from some
        if some:
            turns.append(queue)


def _due_at(place: str) -> int:
    return int(place.split(_WITHIN, 1)[0])


def _due_item(key: ItemRead) -> DueItem:
    tenant, sort_key = tenant_of(key), key["sk"]["S"]
    item = DueItem(tenant, sort_key)
    for prefix, kind in _KINDS.items():
        if sort_key.startswith(prefix):
            item = kind(tenant, sort_key)
            break
    if "due_at" not in key:
        return item
    place = _WITHIN.join((key["due_at"]["N"], key["pk"]["S"], sort_key))
    return replace(item, queue=key["due_shard"]["S"], place=place)


def expired_keys(
    client: DynamoDBClient, table: str, tenant: TenantId, now: float
) -> Iterator[ItemRead]:
    """Yield the project's keys in `by_expiry`, the longest expired first."""
    pages = client.get_paginator("query").paginate(
        TableName=table,
        IndexName=BY_EXPIRY,
        KeyConditionExpression="pk = :pk AND expires_at <= :now",
        ExpressionAttributeValues={
            ":pk": text(project_partition(tenant)),
            ":now": number(int(now)),
        },
    )
    for page in pages:
        yield from page["Items"]
