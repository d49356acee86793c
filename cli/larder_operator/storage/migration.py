"""Brings the records of a table from an earlier version up to what this version expects.

There is one step so far. CloudFormation adds the index `by_purpose` to a table, and the index takes
in every item that has its key. Files from before have none.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import batched
from typing import TYPE_CHECKING, cast

from larder.adapters.dynamodb.attributes import text
from larder.adapters.dynamodb.counters import PURPOSES_INDEXED
from larder.adapters.dynamodb.keys import (
    BY_PURPOSE,
    project_partition,
    purpose_position,
    usage_key,
)
from larder.adapters.dynamodb.transactions import ConditionsFailedError, transact
from larder.domain.ids import FILE_PREFIX
from larder_operator.deployment import operator_client

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, TransactWriteItemTypeDef

    from larder.adapters.dynamodb.attributes import ItemRead
    from larder.domain.ids import TenantId

_WRITERS = 8
_IN_MEMORY = 1_000


class Migration:
    """The migration of a table's projects, one at a time. Safe to repeat, and to interrupt."""

    def __init__(self, table: str) -> None:
        self._table = table
        self._client = cast("DynamoDBClient", operator_client("dynamodb"))

    def needed(self, tenant: TenantId) -> bool:
        """Return whether files of the project may be missing from the index."""
        item = self._client.get_item(
            TableName=self._table, Key=usage_key(tenant), ConsistentRead=True
        ).get("Item", {})
        return PURPOSES_INDEXED not in item

    def run(self, tenant: TenantId) -> int:
        """Put the project's files into the index, and return how many it lacked.

        Clients may go on: what they write has its key.

        Raises:
            ContentionError: a file was changed all the time.
            ProjectFullError: the project has no room for the keys.
            LookupError: the project has no counters.
        """
        written = 0
        with ThreadPoolExecutor(_WRITERS) as pool:
            for some in batched(self._without_key(tenant), _IN_MEMORY, strict=False):
                written += sum(pool.map(self._add_key, some))
        if not self._set(usage_key(tenant), PURPOSES_INDEXED, {"BOOL": True}):
            message = f"project {tenant} has no counters"
            raise LookupError(message)
        return written

    def _without_key(self, tenant: TenantId) -> Iterator[ItemRead]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :files)",
            FilterExpression=f"attribute_not_exists({BY_PURPOSE})",
            ProjectionExpression="pk, sk, purpose",
            ExpressionAttributeValues={
                ":pk": text(project_partition(tenant)),
                ":files": text(FILE_PREFIX),
            },
            ConsistentRead=True,
        )
        for page in pages:
            yield from page["Items"]

    def _add_key(self, file: ItemRead) -> bool:
        """Add the key to a file's record; False if the file is gone, or in the trash now."""
        position = purpose_position(file["purpose"]["S"], file["sk"]["S"])
        return self._set({"pk": file["pk"], "sk": file["sk"]}, BY_PURPOSE, text(position))

    def _set(
        self, key: Mapping[str, AttributeValueTypeDef], name: str, value: AttributeValueTypeDef
    ) -> bool:
        """Set an attribute of an item that exists; False if it does not."""
        update: TransactWriteItemTypeDef = {
            "Update": {
                "TableName": self._table,
                "Key": key,
                "UpdateExpression": f"SET {name} = :value",
                "ConditionExpression": "attribute_exists(pk)",
                "ExpressionAttributeValues": {":value": value},
            }
        }
        try:
            # A transaction of one, for its patience with the others that change this item.
            transact(self._client, [update])
        except ConditionsFailedError:
            return False
        return True
