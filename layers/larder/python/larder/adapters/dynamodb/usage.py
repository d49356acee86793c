"""The projects' counters in the Store table, and their recount."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.adapters.dynamodb.attributes import number, optional_number, text
from larder.adapters.dynamodb.counters import usage_from
from larder.adapters.dynamodb.keys import file_id_of, project_partition, upload_id_of, usage_key
from larder.adapters.dynamodb.transactions import ConditionsFailedError, transact
from larder.domain.quota import NOTHING, Usage, one_file
from larder.domain.uploads import UploadStatus
from larder.services.projects.ports import Count

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from larder.domain.ids import TenantId


class DynamoUsage:
    """`UsageRecords` on DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def get(self, tenant: TenantId) -> Usage | None:
        """Read the project's counters, strongly consistent."""
        item = self._client.get_item(
            TableName=self._table, Key=usage_key(tenant), ConsistentRead=True
        ).get("Item")
        return None if item is None else usage_from(item)

    def recount(self, tenant: TenantId) -> Count:
        """Query the project's whole partition and add up its files and pending uploads."""
        used = reserved = NOTHING
        first_expiry: int | None = None
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeNames={"#bytes": "bytes", "#status": "status"},
            ExpressionAttributeValues={":pk": text(project_partition(tenant))},
            ProjectionExpression="pk, sk, #bytes, #status, expires_at",
            ConsistentRead=True,
        )
        for page in pages:
            for item in page["Items"]:
                if file_id_of(item) is not None:
                    used += one_file(int(item["bytes"]["N"]))
                elif upload_id_of(item) is not None and item["status"]["S"] == UploadStatus.PENDING:
                    reserved += one_file(int(item["bytes"]["N"]))
                else:
                    continue
                expiry = optional_number(item, "expires_at")
                if expiry is not None:
                    first_expiry = expiry if first_expiry is None else min(first_expiry, expiry)
        return Count(used=used, reserved=reserved, first_expiry=first_expiry)

    def set_counted(self, tenant: TenantId, version: int, counted: Count, at: int) -> bool:
        """Write the counters on condition of their version, in a transaction of one."""
        update: TransactWriteItemTypeDef = {
            "Update": {
                "TableName": self._table,
                "Key": usage_key(tenant),
                "UpdateExpression": (
                    "SET files_left = files_limit - :files, bytes_left = bytes_limit - :bytes, "
                    "files_reserved = :files_reserved, bytes_reserved = :bytes_reserved, "
                    "recounted_at = :at, version = version + :one"
                ),
                "ConditionExpression": "version = :version",
                "ExpressionAttributeValues": {
                    ":files": number(counted.used.files + counted.reserved.files),
                    ":bytes": number(counted.used.bytes + counted.reserved.bytes),
                    ":files_reserved": number(counted.reserved.files),
                    ":bytes_reserved": number(counted.reserved.bytes),
                    ":at": number(at),
                    ":one": number(1),
                    ":version": number(version),
                },
            }
        }
        try:
            transact(self._client, [update])
        except ConditionsFailedError:
            return False
        return True

    def schedule_audit(self, tenant: TenantId, at: int) -> None:
        """Set when the counters are due for their next audit."""
        update: TransactWriteItemTypeDef = {
            "Update": {
                "TableName": self._table,
                "Key": usage_key(tenant),
                "UpdateExpression": "SET due_at = :at",
                "ConditionExpression": "attribute_exists(pk)",
                "ExpressionAttributeValues": {":at": number(at)},
            }
        }
        # A transaction of one, for its patience with the others that change this item.
        transact(self._client, [update])
