"""API keys in the Keys table, keyed by the digest of their secret."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from larder.adapters.dynamodb.attributes import number, optional_number, optional_text, text
from larder.domain.api_keys import KeyKind, KeyRecord
from larder.domain.ids import TenantId
from larder.domain.scopes import BEFORE_SCOPES, SCOPES, ordered

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from larder.adapters.dynamodb.attributes import Item, ItemRead
    from larder.domain.scopes import Scope

SHOWN_SECONDS = 90 * 86_400
"""How long a key is still listed after it has ended."""


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
        return None if item is None else key_from(item)

    def add(self, key: KeyRecord) -> None:
        """Put the key; the table's TTL removes it some time after it has expired."""
        # A retry of a request whose answer was lost puts the same key again.
        self._client.put_item(
            TableName=self._table,
            Item=key_item(key),
            ConditionExpression="attribute_not_exists(pk) OR key_id = :id",
            ExpressionAttributeValues={":id": text(key.id)},
        )

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
        return key_from(item)

    def remove(self, digest: str) -> None:
        """Delete the key."""
        self._client.delete_item(TableName=self._table, Key={"pk": text(digest)})


class DynamoKeyUses:
    """`KeyUses` on DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def keep(self, digest: str, day: str) -> None:
        """Write the day to the key's item, unless that or a later one is there."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"pk": text(digest)},
                UpdateExpression="SET last_used_on = :day",
                ConditionExpression=(
                    "attribute_exists(pk) "
                    "AND (attribute_not_exists(last_used_on) OR last_used_on < :day)"
                ),
                ExpressionAttributeValues={":day": text(day)},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return


def key_item(key: KeyRecord) -> Item:
    """Return the item of a key."""
    item: Item = {
        "pk": text(key.digest),
        "project": text(key.tenant),
        "key_id": text(key.id),
        "hint": text(key.hint),
        "created_at": number(key.created_at),
        "scopes": {"L": [text(scope) for scope in ordered(key.scopes)]},
    }
    if key.expires_at is not None and key.kind is KeyKind.KEY:
        item["expires_at"] = number(key.expires_at)
        item["ttl"] = number(key.expires_at + SHOWN_SECONDS)
    elif key.expires_at is not None:
        item["ttl"] = number(key.expires_at)
    texts = {
        "parent": key.parent,
        "name": key.name,
        "last_used_on": key.last_used_on,
        "replaced_by": key.replaced_by,
    }
    return item | {name: text(value) for name, value in texts.items() if value is not None}


def key_from(item: ItemRead) -> KeyRecord:
    """Return the key that an item is of."""
    key_id = item["key_id"]["S"]
    # Sessions and codes go with their end. A key is still listed for a while.
    ends = "expires_at" if key_id.startswith(KeyKind.KEY) else "ttl"
    return KeyRecord(
        id=key_id,
        tenant=TenantId(item["project"]["S"]),
        digest=item["pk"]["S"],
        hint=item["hint"]["S"],
        created_at=int(item["created_at"]["N"]),
        revoked_at=optional_number(item, "revoked_at"),
        expires_at=optional_number(item, ends),
        parent=optional_text(item, "parent"),
        name=optional_text(item, "name"),
        scopes=_scopes(item),
        last_used_on=optional_text(item, "last_used_on"),
        replaced_by=optional_text(item, "replaced_by"),
    )


def _scopes(item: ItemRead) -> frozenset[Scope]:
    if "scopes" not in item:
        return BEFORE_SCOPES
    stored = {scope["S"] for scope in item["scopes"]["L"]}
    # A later version may know more of them.
    return frozenset(scope for scope in SCOPES if scope in stored)
