"""API keys in the Keys table, keyed by the digest of their secret."""

from __future__ import annotations

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
        """Put the key."""
        self._client.put_item(
            TableName=self._table,
            Item={
                "pk": text(key.digest),
                "project": text(key.tenant),
                "key_id": text(key.id),
                "hint": text(key.hint),
                "created_at": number(key.created_at),
            },
            ConditionExpression="attribute_not_exists(pk)",
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
    )
