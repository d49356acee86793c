"""API keys in the Keys table, keyed by the digest of their secret."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from larder.adapters.dynamodb.attributes import number, text
from larder.domain.api_keys import KeyRecord
from larder.domain.ids import TenantId

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

    from larder.adapters.dynamodb.attributes import ItemRead

BY_PROJECT = "by_project"


class DynamoKeys:
    """`KeyRecords` on DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def find(self, digest: str) -> KeyRecord | None:
        """Read the key, strongly consistent: a key works as soon as it was made."""
        item = self._client.get_item(
            TableName=self._table, Key={"pk": text(digest)}, ConsistentRead=True
        ).get("Item")
        return None if item is None else _record(item)

    def add(self, key: KeyRecord) -> None:
        """Put the key; the table's TTL removes it some time after it has expired."""
        item = {
            "pk": text(key.digest),
            "project": text(key.tenant),
            "key_id": text(key.id),
            "hint": text(key.hint),
            "created_at": number(key.created_at),
        }
        if key.expires_at is not None:
            item["ttl"] = number(key.expires_at)
        if key.parent is not None:
            item["parent"] = text(key.parent)
        # A retry of a request whose answer was lost puts the same key again.
        self._client.put_item(
            TableName=self._table,
            Item=item,
            ConditionExpression="attribute_not_exists(pk) OR key_id = :id",
            ExpressionAttributeValues={":id": text(key.id)},
        )

    def of_project(self, tenant: TenantId) -> Iterator[KeyRecord]:
        """Query the index by project."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName=BY_PROJECT,
            KeyConditionExpression="#project = :project",
            ExpressionAttributeNames={"#project": "project"},
            ExpressionAttributeValues={":project": text(tenant)},
        )
        for page in pages:
            yield from map(_record, page["Items"])

    def take(self, digest: str) -> KeyRecord | None:
        """Mark the key as this caller's. A retry of a request whose answer was lost gets it too."""
        try:
            item = self._client.update_item(
                TableName=self._table,
                Key={"pk": text(digest)},
                UpdateExpression="SET taken_by = :caller",
                ConditionExpression=(
                    "attribute_exists(pk) "
                    "AND (attribute_not_exists(taken_by) OR taken_by = :caller)"
                ),
                ExpressionAttributeValues={":caller": text(secrets.token_hex(8))},
                ReturnValues="ALL_NEW",
            )["Attributes"]
        except self._client.exceptions.ConditionalCheckFailedException:
            return None
        return _record(item)

    def remove(self, digest: str) -> None:
        """Delete the key."""
        self._client.delete_item(TableName=self._table, Key={"pk": text(digest)})

    def revoke(self, digest: str, at: int) -> None:
        """Mark the key as revoked; the first time stays."""
        self._client.update_item(
            TableName=self._table,
            Key={"pk": text(digest)},
            UpdateExpression="SET revoked_at = if_not_exists(revoked_at, :at)",
            ConditionExpression="attribute_exists(pk)",
            ExpressionAttributeValues={":at": number(at)},
        )


def _record(item: ItemRead) -> KeyRecord:
    return KeyRecord(
        id=item["key_id"]["S"],
        tenant=TenantId(item["project"]["S"]),
        digest=item["pk"]["S"],
        hint=item["hint"]["S"],
        created_at=int(item["created_at"]["N"]),
        revoked_at=int(item["revoked_at"]["N"]) if "revoked_at" in item else None,
        expires_at=int(item["ttl"]["N"]) if "ttl" in item else None,
        parent=item["parent"]["S"] if "parent" in item else None,
    )
