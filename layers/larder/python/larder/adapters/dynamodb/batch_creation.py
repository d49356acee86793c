"""The transaction that records a new batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.adapters.dynamodb.attributes import number, text
from larder.adapters.dynamodb.batch_counters import take_slot, use_input, within_limit
from larder.adapters.dynamodb.batch_items import batch_item
from larder.adapters.dynamodb.counters import put_new
from larder.adapters.dynamodb.keys import item_key, request_key
from larder.adapters.dynamodb.transactions import ConditionsFailedError, transact
from larder.domain.errors import NotFoundError
from larder.domain.files import DAY
from larder.domain.ids import BatchId

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from larder.domain.batches import Batch
    from larder.domain.ids import TenantId


def create_batch(
    client: DynamoDBClient,
    table: str,
    tenant: TenantId,
    batch: Batch,
    *,
    check_at: int,
    request: str | None,
    retrying: Batch | None,
) -> BatchId:
    """Record the batch and count it, for its project and for its input, in one transaction.

    Returns its id, or that of the batch which the same request has made before, or which retries
    the same batch.

    Raises:
        BatchLimitError: there is no room for it.
        NotFoundError: the record of the batch that it retries is gone.
    """
    rest = [
        put_new(table, batch_item(tenant, batch, check_at)),
        use_input(table, tenant, batch.input_file_id),
    ]
    answers: dict[int, str] = {}
    if request is not None:
        rest.append(_remember(table, tenant, request, batch))
        answers[len(rest)] = "batch"
    if retrying is not None:
        rest.append(_retry(table, tenant, retrying, batch))
        answers[len(rest)] = "retried_by"

    def attempt(limit: int) -> None:
        transact(client, [take_slot(table, tenant, batch.total, limit), *rest])

    try:
        within_limit(attempt, 0, batch.total)
    except ConditionsFailedError as refused:
        for position, name in answers.items():
            if name in refused.items.get(position, {}):
                return BatchId(refused.items[position][name]["S"])
        if retrying is not None and refused.items.get(len(rest)) == {}:
            raise NotFoundError("Batch", retrying.id) from refused
        raise
    return batch.id


def _retry(table: str, tenant: TenantId, source: Batch, batch: Batch) -> TransactWriteItemTypeDef:
    """Note the new batch in the record of the one that it retries, in place of what was read."""
    seen = "attribute_not_exists(retried_by)" if source.retried_by is None else "retried_by = :seen"
    values = {":new": text(batch.id)}
    if source.retried_by is not None:
        values[":seen"] = text(source.retried_by)
    return {
        "Update": {
            "TableName": table,
            "Key": item_key(tenant, source.id),
            "UpdateExpression": "SET retried_by = :new",
            "ConditionExpression": f"attribute_exists(pk) AND {seen}",
            "ExpressionAttributeValues": values,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
    }


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
