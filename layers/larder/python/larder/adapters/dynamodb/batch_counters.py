"""What batches count: those that run in a project, and those that run on a file.

The operator may give a project limits of its own, `running_limit` and `requests_limit` in the
item of its counters; where they are missing, the defaults hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.adapters.dynamodb.attributes import number, text
from larder.adapters.dynamodb.batch_limits import load_from
from larder.adapters.dynamodb.items import file_from
from larder.adapters.dynamodb.keys import batches_key, due_shard, input_key, item_key
from larder.adapters.dynamodb.transactions import ConditionsFailedError, snapshot
from larder.domain.batches import MAX_ENQUEUED, MAX_RUNNING
from larder.domain.errors import BatchLimitError
from larder.domain.files import DAY, FileStatus

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from larder.domain.batches import Batch
    from larder.domain.files import File
    from larder.domain.ids import FileId, TenantId

_RUNNING_BELOW = (
    "(running < running_limit "
    "OR (attribute_not_exists(running_limit) AND running < :running_limit) "
    "OR (attribute_not_exists(running) "
    "AND (attribute_not_exists(running_limit) OR running_limit > :none)))"
)
"""A comparison with an attribute that is missing does not hold."""


def take_slot(table: str, tenant: TenantId, requests: int, limit: int) -> TransactWriteItemTypeDef:
    """Count another running batch and its requests, on condition that there is room for both.

    `limit` is the project's limit of requests, see `within_limit`.
    """
    update = _within(_add(table, tenant, running=1, requests=requests), requests, limit)
    update["Update"]["ConditionExpression"] += f" AND {_RUNNING_BELOW}"
    values = {":none": number(0), ":running_limit": number(MAX_RUNNING)}
    update["Update"]["ExpressionAttributeValues"] = {
        **update["Update"]["ExpressionAttributeValues"],
        **values,
    }
    return update


def add_requests(
    table: str, tenant: TenantId, requests: int, limit: int
) -> TransactWriteItemTypeDef:
    """Count requests of a batch that begins, on condition that there is room for them."""
    update = _add(table, tenant, running=0, requests=requests)
    return _within(update, requests, limit) if requests > 0 else update


def _within(
    update: TransactWriteItemTypeDef, requests: int, limit: int
) -> TransactWriteItemTypeDef:
    """Set the condition that the requests fit below `limit`, and that this is the limit.

    A batch whose requests are not known yet wants room for one.
    """
    most = limit - max(1, requests)
    room = "requests <= :most"
    if most >= 0:
        room = f"(attribute_not_exists(requests) OR {room})"
    same = "requests_limit = :limit"
    if limit == MAX_ENQUEUED:
        same = f"(attribute_not_exists(requests_limit) OR {same})"
    update["Update"]["ConditionExpression"] = f"{same} AND {room}"
    update["Update"]["ExpressionAttributeValues"] = {
        **update["Update"]["ExpressionAttributeValues"],
        ":most": number(most),
        ":limit": number(limit),
    }
    update["Update"]["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    return update


def within_limit(attempt: Callable[[int], None], position: int, asked: int) -> None:
    """Call `attempt` with the project's limit of requests: the default one, then what is found.

    A condition cannot add, so that the sum is made here, and the limit is part of the condition.
    `position` is that of the counters in the transaction.

    Raises:
        BatchLimitError: there is no room.
        ConditionsFailedError: another condition of the transaction does not hold.
    """
    limit = MAX_ENQUEUED
    while True:
        try:
            return attempt(limit)
        except ConditionsFailedError as refused:
            if set(refused.items) != {position}:
                raise
            load = load_from(refused.items[position])
            if load.requests_limit == limit:
                raise BatchLimitError(load, asked) from refused
            limit = load.requests_limit


def give_slot(table: str, tenant: TenantId, batch: Batch) -> TransactWriteItemTypeDef:
    """Take back what a batch that ends has counted."""
    return _add(table, tenant, running=-1, requests=-batch.total)


def _add(table: str, tenant: TenantId, *, running: int, requests: int) -> TransactWriteItemTypeDef:
    return {
        "Update": {
            "TableName": table,
            "Key": batches_key(tenant),
            "UpdateExpression": "ADD running :running, requests :requests",
            "ExpressionAttributeValues": {
                ":running": number(running),
                ":requests": number(requests),
            },
        }
    }


def use_input(table: str, tenant: TenantId, file_id: FileId) -> TransactWriteItemTypeDef:
    """Count another batch that runs on the file."""
    return {
        "Update": {
            "TableName": table,
            "Key": input_key(tenant, file_id),
            "UpdateExpression": "ADD batches :one",
            "ExpressionAttributeValues": {":one": number(1)},
        }
    }


def leave_input(
    client: DynamoDBClient, table: str, tenant: TenantId, file_id: FileId, at: int
) -> list[TransactWriteItemTypeDef]:
    """Return what ends a batch's use of its input, as of now.

    Each on condition of what was read. The last batch lets the file, unless it is gone, expire a
    day from `at`.
    """
    counted, item = snapshot(client, table, [input_key(tenant, file_id), item_key(tenant, file_id)])
    batches = 1 if counted is None else int(counted["batches"]["N"])
    if batches > 1:
        return [_one_less(table, tenant, file_id, batches)]
    last: TransactWriteItemTypeDef = {
        "Delete": {
            "TableName": table,
            "Key": input_key(tenant, file_id),
            "ConditionExpression": "attribute_not_exists(pk) OR batches = :one",
            "ExpressionAttributeValues": {":one": number(1)},
        }
    }
    file = None if item is None else file_from(file_id, item)
    if file is None or file.expired(at + DAY):
        return [last]
    return [last, _expire(table, tenant, file, at + DAY)]


def _one_less(
    table: str, tenant: TenantId, file_id: FileId, batches: int
) -> TransactWriteItemTypeDef:
    return {
        "Update": {
            "TableName": table,
            "Key": input_key(tenant, file_id),
            "UpdateExpression": "SET batches = :left",
            "ConditionExpression": "batches = :seen",
            "ExpressionAttributeValues": {":left": number(batches - 1), ":seen": number(batches)},
        }
    }


def _expire(table: str, tenant: TenantId, file: File, at: int) -> TransactWriteItemTypeDef:
    changes = "SET expires_at = :at, #ttl = :ttl"
    values = {":at": number(at), ":ttl": number(at + DAY), ":status": text(file.status)}
    if file.status is not FileStatus.UPLOADED:
        # One that still waits for its validation is due before.
        changes += ", due_at = :at, due_shard = :shard"
        values[":shard"] = text(due_shard(file.id))
    return {
        "Update": {
            "TableName": table,
            "Key": item_key(tenant, file.id),
            "UpdateExpression": changes,
            "ConditionExpression": (
                "#status = :status AND (attribute_not_exists(expires_at) OR expires_at > :at)"
            ),
            "ExpressionAttributeNames": {"#status": "status", "#ttl": "ttl"},
            "ExpressionAttributeValues": values,
        }
    }
