"""What batches of a project run, and how much of that may: in the item of its counters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.adapters.dynamodb.attributes import optional_number
from larder.adapters.dynamodb.keys import batches_key
from larder.domain.batches import MAX_ENQUEUED, MAX_RUNNING, BatchLoad

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from larder.adapters.dynamodb.attributes import ItemRead
    from larder.domain.ids import TenantId


class DynamoBatchLimits:
    """`BatchLimits` on DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def get(self, tenant: TenantId) -> BatchLoad:
        """Read the counters, strongly consistent."""
        item = self._client.get_item(
            TableName=self._table, Key=batches_key(tenant), ConsistentRead=True
        ).get("Item", {})
        return load_from(item)


def load_from(item: ItemRead) -> BatchLoad:
    """Return what an item counts; where it has no limits of its own, the defaults hold."""

    def figure(name: str, default: int) -> int:
        found = optional_number(item, name)
        return default if found is None else found

    return BatchLoad(
        batches=figure("running", 0),
        batches_limit=figure("running_limit", MAX_RUNNING),
        requests=figure("requests", 0),
        requests_limit=figure("requests_limit", MAX_ENQUEUED),
    )
