"""The transaction that records a new batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.adapters.dynamodb.attributes import number, text
from larder.adapters.dynamodb.batch_counters import limit_error, take_slot, use_input
from larder.adapters.dynamodb.batch_items import batch_item
from larder.adapters.dynamodb.counters import put_new
from larder.adapters.dynamodb.keys import request_key
from larder.adapters.dynamodb.transactions import ConditionsFailedError, transact
from larder.domain.files import DAY
from larder.domain.ids import BatchId

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from larder.domain.batches import Batch
    from larder.domain.ids import TenantId

_SLOT, _REQUEST = 0, 3
"""Positions in the transaction."""


def create_batch(
    client: DynamoDBClient,
    table: str,
    tenant: TenantId,
    batch: Batch,
    *,
    check_at: int,
    request: str | None,
) -> BatchId:
    """Record the batch and count it, for its project and for its input, in one transaction.

    Returns its id, or that of the batch which the same request has made before.
    """
    changes = [
        take_slot(table, tenant),
        put_new(table, batch_item(tenant, batch, check_at)),
        use_input(table, tenant, batch.input_file_id),
    ]
    if request is not None:
        changes.append(_remember(table, tenant, request, batch))
    try:
        transact(client, changes)
    except ConditionsFailedError as refused:
        if made := refused.items.get(_REQUEST):
            return BatchId(made["batch"]["S"])
        if _SLOT in refused.items:
            raise limit_error(refused.items[_SLOT]) from refused
        raise
    return batch.id


def _remember(table: str, tenant: TenantId, request: str, batch: Batch) -> TransactWriteItemTypeDef:
    """Put which batch the request has made, once in as long as its answer would be kept."""
    item = {
        **request_key(tenant, request),
        "batch": text(batch.id),
        "ttl": number(batch.created_at + DAY),
    }
    return {
        "Put": {
            "TableName": table,
            "Item": item,
            # TTL deletes late.
            "ConditionExpression": "attribute_not_exists(pk) OR #ttl <= :now",
            "ExpressionAttributeNames": {"#ttl": "ttl"},
            "ExpressionAttributeValues": {":now": number(batch.created_at)},
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
    }
