"""API keys in the Keys table, keyed by the digest of their secret."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from larder.adapters.dynamodb.attributes import number, optional_number, optional_text, text
from larder.domain.api_keys import KeyKind, KeyRecord
from larder.domain.ids import TenantId
from larder.domain.scopes import BEFORE_SCOPES, SCOPES, ordered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

    from larder.adapters.dynamodb.attributes import Item, ItemRead
    from larder.domain.scopes import Scope

BY_PROJECT = "by_project"

_SHOWN_SECONDS = 90 * 86_400
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
        return None if item is None else _record(item)

    def add(self, key: KeyRecord) -> None:
        """Put the key; the table's TTL removes it some time after it has expired."""
        # A retry of a request whose answer was lost puts the same key again.
        self._client.put_item(
            TableName=self._table,
            Item=_item(key),
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
        """Mark the key as revoked; the first time stays. TTL removes it once it was shown long."""
        self._client.update_item(
            TableName=self._table,
            Key={"pk": text(digest)},
            UpdateExpression=(
                "SET revoked_at = if_not_exists(revoked_at, :at), #ttl = if_not_exists(#ttl, :ttl)"
            ),
            ConditionExpression="attribute_exists(pk)",
            ExpressionAttributeNames={"#ttl": "ttl"},
            ExpressionAttributeValues={":at": number(at), ":ttl": number(at + _SHOWN_SECONDS)},
        )


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


def _item(key: KeyRecord) -> Item:
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
        item["ttl"] = number(key.expires_at + _SHOWN_SECONDS)
    elif key.expires_at is not None:
        item["ttl"] = number(key.expires_at)
    texts = {"parent": key.parent, "name": key.name, "last_used_on": key.last_used_on}
    return item | {name: text(value) for name, value in texts.items() if value is not None}


def _record(item: ItemRead) -> KeyRecord:
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
    )


def _scopes(item: ItemRead) -> frozenset[Scope]:
    if "scopes" not in item:
        return BEFORE_SCOPES
    stored = {scope["S"] for scope in item["scopes"]["L"]}
    # A later version may know more of them.
    return frozenset(scope for scope in SCOPES if scope in stored)
