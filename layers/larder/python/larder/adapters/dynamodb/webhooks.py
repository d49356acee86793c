"""Webhooks in the Store table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.adapters.dynamodb.attributes import number, text
from larder.adapters.dynamodb.keys import due_shard, webhook_key, webhooks_partition
from larder.adapters.dynamodb.webhook_items import secrets_attribute, webhook_from, webhook_item
from larder.domain.ids import WEBHOOK_PREFIX

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import UpdateItemOutputTypeDef

    from larder.adapters.dynamodb.attributes import Item
    from larder.domain.ids import TenantId, WebhookId
    from larder.domain.webhook_secrets import SecretVersion
    from larder.domain.webhooks import Webhook

_THERE = "attribute_exists(pk)"


class DynamoWebhooks:
    """`WebhookRecords` on DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def add(self, tenant: TenantId, webhook: Webhook) -> None:
        """Put the webhook's item."""
        self._client.put_item(TableName=self._table, Item=webhook_item(tenant, webhook))

    def get(self, tenant: TenantId, webhook_id: WebhookId) -> Webhook | None:
        """Read the webhook's item."""
        item = self._client.get_item(
            TableName=self._table, Key=webhook_key(tenant, webhook_id), ConsistentRead=True
        ).get("Item")
        return None if item is None else webhook_from(item)

    def list(self, tenant: TenantId) -> Sequence[Webhook]:
        """Query the project's webhooks, which fit into one answer."""
        answer = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :webhooks)",
            ExpressionAttributeValues={
                ":pk": text(webhooks_partition(tenant)),
                ":webhooks": text(WEBHOOK_PREFIX),
            },
            ConsistentRead=True,
        )
        return [webhook_from(item) for item in answer["Items"]]

    def remove(self, tenant: TenantId, webhook_id: WebhookId) -> bool:
        """Delete the item. TTL removes its deliveries."""
        gone = self._client.delete_item(
            TableName=self._table, Key=webhook_key(tenant, webhook_id), ReturnValues="ALL_OLD"
        )
        return "Attributes" in gone

    def rotate(
        self, tenant: TenantId, webhook_id: WebhookId, versions: Sequence[SecretVersion]
    ) -> bool:
        """Set the versions."""
        values: Item = {":secrets": secrets_attribute(versions)}
        return self._update(tenant, webhook_id, "SET secrets = :secrets", _THERE, values)

    def enable(self, tenant: TenantId, webhook_id: WebhookId) -> bool:
        """Remove why it was disabled, and the failures."""
        return self._update(
            tenant,
            webhook_id,
            "SET failures = :none, blocked_until = :none REMOVE disabled_because, failing_since",
            _THERE,
            {":none": number(0)},
        )

    def claim(
        self, tenant: TenantId, webhook_id: WebhookId, *, now: int, until: int
    ) -> Webhook | None:
        """Set until when it is claimed, unless it is."""
        answer = self._updated(
            tenant,
            webhook_id,
            "SET claimed_until = :until",
            f"{_THERE} AND claimed_until <= :now",
            {":until": number(until), ":now": number(now)},
        )
        return None if answer is None else webhook_from(answer["Attributes"])

    def release(
        self, tenant: TenantId, webhook: Webhook, *, claimed_until: int, unless_announced: bool
    ) -> bool:
        """Set what the worker has found, and that nobody has claimed it."""
        sets: Item = {
            "failures": number(webhook.health.failures),
            "blocked_until": number(webhook.health.blocked_until),
            "wake_at": number(webhook.wake_at),
            "claimed_until": number(0),
        }
        optional: Mapping[str, int | None] = {
            "failing_since": webhook.health.failing_since,
            "last_at": webhook.last_at,
            "due_at": webhook.due_at,
        }
        sets |= {name: number(value) for name, value in optional.items() if value is not None}
        removed = [name for name, value in optional.items() if value is None]
        if webhook.due_at is None:
            removed.append("due_shard")
        else:
            sets["due_shard"] = text(due_shard(webhook.id))
        if webhook.last_status is not None:
            sets["last_status"] = text(webhook.last_status)
        if webhook.disabled_because is not None:
            sets["disabled_because"] = text(webhook.disabled_because)
        conditions = [_THERE, "claimed_until = :mine"]
        values = {":mine": number(claimed_until)}
        if unless_announced:
            conditions.append("announced = :seen")
            values[":seen"] = number(webhook.announced)
        expression = "SET " + ", ".join(f"{name} = :{name}" for name in sets)
        if removed:
            expression += " REMOVE " + ", ".join(removed)
        return self._update(
            tenant,
            webhook.id,
            expression,
            " AND ".join(conditions),
            values | {f":{name}": value for name, value in sets.items()},
        )

    def postpone(self, tenant: TenantId, webhook: Webhook, due_at: int) -> None:
        """Move `due_at` on condition of what was read."""
        self._update(
            tenant,
            webhook.id,
            "SET due_at = :later",
            "due_at = :seen",
            {":later": number(due_at), ":seen": number(webhook.due_at or 0)},
        )

    def _update(
        self,
        tenant: TenantId,
        webhook_id: WebhookId,
        expression: str,
        condition: str,
        values: Item,
    ) -> bool:
        return self._updated(tenant, webhook_id, expression, condition, values) is not None

    def _updated(
        self,
        tenant: TenantId,
        webhook_id: WebhookId,
        expression: str,
        condition: str,
        values: Item,
    ) -> UpdateItemOutputTypeDef | None:
        try:
            return self._client.update_item(
                TableName=self._table,
                Key=webhook_key(tenant, webhook_id),
                UpdateExpression=expression,
                ConditionExpression=condition,
                ExpressionAttributeValues=values,
                ReturnValues="ALL_NEW",
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return None
