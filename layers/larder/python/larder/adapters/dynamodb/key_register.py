"""The API keys as operators manage them: each change with its entry in the operators' log."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from larder.adapters.dynamodb.admin_log import put_entries
from larder.adapters.dynamodb.api_keys import SHOWN_SECONDS, DynamoKeys, key_from, key_item
from larder.adapters.dynamodb.attributes import number, text
from larder.adapters.dynamodb.counters import put_new
from larder.adapters.dynamodb.transactions import ConditionsFailedError, transact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from larder.domain.admin_log import LogEntry
    from larder.domain.api_keys import KeyRecord
    from larder.domain.ids import TenantId

BY_PROJECT = "by_project"
BY_ID = "by_id"


class DynamoKeyRegister(DynamoKeys):
    """`KeyRegister` on DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str, log_table: str) -> None:
        super().__init__(client, table)
        self._log_table = log_table

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
            yield from map(key_from, page["Items"])

    def find_by_id(self, key_id: str) -> KeyRecord | None:
        """Query the index by id for the key's digest, and read the key by that."""
        found = self._client.query(
            TableName=self._table,
            IndexName=BY_ID,
            KeyConditionExpression="key_id = :id",
            ExpressionAttributeValues={":id": text(key_id)},
        )["Items"]
        return self.find(found[0]["pk"]["S"]) if found else None

    def create(self, key: KeyRecord, entry: LogEntry | None = None) -> None:
        """Put the key and the entry in one transaction."""
        put = put_new(self._table, key_item(key))
        transact(self._client, [put, *put_entries(self._log_table, entry)])

    def replace(
        self, old: KeyRecord, new: KeyRecord, *, ends_at: int, entry: LogEntry | None = None
    ) -> bool:
        """Put the one and change the other in one transaction."""
        update: TransactWriteItemTypeDef = {
            "Update": {
                "TableName": self._table,
                "Key": {"pk": text(old.digest)},
                "UpdateExpression": "SET replaced_by = :new, expires_at = :end, #ttl = :ttl",
                "ConditionExpression": (
                    "attribute_exists(pk) AND attribute_not_exists(revoked_at) "
                    "AND attribute_not_exists(replaced_by)"
                ),
                "ExpressionAttributeNames": {"#ttl": "ttl"},
                "ExpressionAttributeValues": {
                    ":new": text(new.id),
                    ":end": number(ends_at),
                    ":ttl": number(ends_at + SHOWN_SECONDS),
                },
            }
        }
        put = put_new(self._table, key_item(new))
        try:
            transact(self._client, [put, update, *put_entries(self._log_table, entry)])
        except ConditionsFailedError:
            return False
        return True

    def revoke(self, digest: str, at: int, entry: LogEntry | None = None) -> None:
        """Mark the key as revoked; the first time stays. TTL removes it once it was shown long."""
        update: TransactWriteItemTypeDef = {
            "Update": {
                "TableName": self._table,
                "Key": {"pk": text(digest)},
                "UpdateExpression": "SET revoked_at = :at, #ttl = if_not_exists(#ttl, :ttl)",
                "ConditionExpression": (
                    "attribute_exists(pk) AND attribute_not_exists(revoked_at)"
                ),
                "ExpressionAttributeNames": {"#ttl": "ttl"},
                "ExpressionAttributeValues": {
                    ":at": number(at),
                    ":ttl": number(at + SHOWN_SECONDS),
                },
            }
        }
        # When it is gone or was revoked already, there is nothing to do, and to log.
        with suppress(ConditionsFailedError):
            transact(self._client, [update, *put_entries(self._log_table, entry)])
