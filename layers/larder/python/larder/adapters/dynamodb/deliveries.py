"""Deliveries of webhooks in the Store table, and the queue of each webhook."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from larder.adapters.dynamodb.attributes import number, text
from larder.adapters.dynamodb.counters import put_new
from larder.adapters.dynamodb.keys import (
    deliveries_prefix,
    delivery_key,
    due_shard,
    queue_prefix,
    queued_key,
    webhook_key,
    webhooks_partition,
)
from larder.adapters.dynamodb.transactions import ConditionsFailedError, transact
from larder.adapters.dynamodb.webhook_items import delivery_from, delivery_item, queued_item
from larder.services.webhooks.ports import DeliveryPage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from larder.adapters.dynamodb.attributes import ItemRead
    from larder.domain.deliveries import Delivery
    from larder.domain.ids import TenantId, WebhookId

_FOREVER = "9" * 12


class DynamoDeliveries:
    """`DeliveryRecords` on DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def announce(
        self, tenant: TenantId, webhook_id: WebhookId, deliveries: Sequence[Delivery], due_at: int
    ) -> None:
        """Put each delivery with its place in the queue, then count them in the webhook's item."""
        for delivery in deliveries:
            if delivery.next_at is None:
                continue
            # One that is there already may have ended: it must not get a place again.
            with suppress(ConditionsFailedError):
                transact(
                    self._client,
                    [
                        put_new(self._table, delivery_item(tenant, delivery)),
                        self._enqueue(tenant, delivery, delivery.next_at),
                    ],
                )
        with suppress(self._client.exceptions.ConditionalCheckFailedException):
            self._client.update_item(
                TableName=self._table,
                Key=webhook_key(tenant, webhook_id),
                UpdateExpression=(
                    "SET due_at = if_not_exists(due_at, :due_at), due_shard = :shard "
                    "ADD announced :more"
                ),
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeValues={
                    ":due_at": number(due_at),
                    ":shard": text(due_shard(webhook_id)),
                    ":more": number(len(deliveries)),
                },
            )

    def get(self, tenant: TenantId, webhook_id: WebhookId, delivery_id: str) -> Delivery | None:
        """Read the delivery's item."""
        item = self._client.get_item(
            TableName=self._table,
            Key=delivery_key(tenant, webhook_id, delivery_id),
            ConsistentRead=True,
        ).get("Item")
        return None if item is None else delivery_from(item)

    def page(
        self, tenant: TenantId, webhook_id: WebhookId, *, limit: int, after: str | None
    ) -> DeliveryPage:
        """Query the deliveries backwards."""
        before = delivery_key(tenant, webhook_id, after or "msg_g")["sk"]["S"]
        answer = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
            ExpressionAttributeValues={
                ":pk": text(webhooks_partition(tenant)),
                ":first": text(deliveries_prefix(webhook_id)),
                ":last": text(before),
            },
            ScanIndexForward=False,
            ConsistentRead=True,
            # One more to see whether there is one, and the position itself.
            Limit=limit + 2,
        )
        found = [delivery_from(item) for item in answer["Items"] if item["sk"]["S"] != before]
        return DeliveryPage(tuple(found[:limit]), has_more=len(found) > limit)

    def due(
        self, tenant: TenantId, webhook_id: WebhookId, until: int | None, limit: int
    ) -> Sequence[Delivery]:
        """Query the queue up to that time, and read the records of what is found."""
        end = _FOREVER if until is None else f"{until:012}"
        ids = [
            entry["sk"]["S"].rpartition("#")[2]
            for entry in self._queued(tenant, webhook_id, end, limit)
        ]
        found = (self.get(tenant, webhook_id, delivery_id) for delivery_id in ids)
        return [delivery for delivery in found if delivery is not None]

    def next_due(self, tenant: TenantId, webhook_id: WebhookId) -> int | None:
        """Query the first of the queue."""
        for entry in self._queued(tenant, webhook_id, _FOREVER, 1):
            return int(entry["sk"]["S"].split("#")[2])
        return None

    def record(self, tenant: TenantId, before: Delivery, after: Delivery) -> bool:
        """Put the record and move the place in the queue, in one transaction."""
        changes: list[TransactWriteItemTypeDef] = [
            {
                "Put": {
                    "TableName": self._table,
                    "Item": delivery_item(tenant, after),
                    "ConditionExpression": "attempts = :attempts AND #status = :status",
                    "ExpressionAttributeNames": {"#status": "status"},
                    "ExpressionAttributeValues": {
                        ":attempts": number(before.attempts),
                        ":status": text(before.status),
                    },
                }
            }
        ]
        if before.next_at is not None and before.next_at != after.next_at:
            key = queued_key(tenant, before.webhook_id, before.next_at, before.id)
            changes.append({"Delete": {"TableName": self._table, "Key": key}})
        if after.next_at is not None:
            changes.append(self._enqueue(tenant, after, after.next_at))
        try:
            transact(self._client, changes)
        except ConditionsFailedError:
            return False
        return True

    def _enqueue(self, tenant: TenantId, delivery: Delivery, at: int) -> TransactWriteItemTypeDef:
        return {"Put": {"TableName": self._table, "Item": queued_item(tenant, delivery, at)}}

    def _queued(
        self, tenant: TenantId, webhook_id: WebhookId, end: str, limit: int
    ) -> Sequence[ItemRead]:
        prefix = queue_prefix(webhook_id)
        return self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
            ExpressionAttributeValues={
                ":pk": text(webhooks_partition(tenant)),
                ":first": text(prefix),
                # "$" comes after "#", which ends the time.
                ":last": text(f"{prefix}{end}$"),
            },
            ConsistentRead=True,
            Limit=limit,
        )["Items"]
