"""The changes of a batch's record, each on condition of the status that it leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.adapters.dynamodb.attributes import number, text
from larder.adapters.dynamodb.batch_items import progress_attributes
from larder.adapters.dynamodb.counters import charge, put_new
from larder.adapters.dynamodb.items import file_item
from larder.adapters.dynamodb.keys import item_key, output_key
from larder.domain.batches import RETENTION_SECONDS, BatchStatus
from larder.domain.quota import NOTHING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef, UpdateTypeDef

    from larder.adapters.dynamodb.attributes import Item
    from larder.domain.batches import Batch, Progress
    from larder.domain.ids import BatchId, TenantId
    from larder.services.batches.ports import Ending

BEFORE_CANCEL = (BatchStatus.VALIDATING, BatchStatus.IN_PROGRESS, BatchStatus.FINALIZING)
RUNNING = (*BEFORE_CANCEL, BatchStatus.CANCELLING)


def move(
    table: str,
    tenant: TenantId,
    batch: Batch,
    leaving: Iterable[BatchStatus],
    changes: Item,
    *,
    condition: str = "",
    values: Item | None = None,
) -> TransactWriteItemTypeDef:
    """Set attributes of a batch while its status is one of `leaving`.

    `condition` is a further one, over `values`. A batch that gets its `ended_at` is no longer due.
    """
    statuses = _statuses(leaving)
    conditions = [_is_one_of(statuses), *([condition] if condition else [])]
    removed = " REMOVE due_shard, due_at" if "ended_at" in changes else ""
    return {
        "Update": {
            "TableName": table,
            "Key": item_key(tenant, batch.id),
            "UpdateExpression": (
                "SET " + ", ".join(f"#{name} = :{name}" for name in changes) + removed
            ),
            "ConditionExpression": " AND ".join(conditions),
            "ExpressionAttributeNames": {
                "#status": "status",
                **{f"#{name}": name for name in changes},
            },
            "ExpressionAttributeValues": {
                **statuses,
                **(values or {}),
                **{f":{name}": value for name, value in changes.items()},
            },
        }
    }


def ended(at: int) -> Item:
    """Return the attributes of a batch that has ended."""
    return {"ended_at": number(at), "ttl": number(at + RETENTION_SECONDS)}


def ending_changes(
    table: str, tenant: TenantId, batch: Batch, ending: Ending
) -> list[TransactWriteItemTypeDef]:
    """Return what ends a batch, first its own record, and what records its files and counts them.

    What announced the files goes.
    """
    changes = {
        "status": text(ending.status),
        "requests": number(ending.total),
        **progress_attributes(ending.progress),
        **ended(ending.at),
    }
    if ending.output is not None:
        changes["output_file_id"] = text(ending.output.id)
    if ending.error is not None:
        changes["error_file_id"] = text(ending.error.id)
    if ending.unanswered_bytes:
        changes["unanswered_bytes"] = number(ending.unanswered_bytes)
    files = [file for file in (ending.output, ending.error) if file is not None]
    effects = [put_new(table, file_item(tenant, file, ending.at)) for file in files]
    if files:
        amount = sum((file.amount for file in files), start=NOTHING)
        effects.append(charge(table, tenant, amount))
    announced = (each for each in (batch.reserved_output, batch.reserved_error) if each is not None)
    effects += [
        {"Delete": {"TableName": table, "Key": output_key(tenant, file_id)}}
        for file_id in announced
    ]
    return [move(table, tenant, batch, {batch.status}, changes), *effects]


def progress_update(
    table: str, tenant: TenantId, batch_id: BatchId, progress: Progress
) -> UpdateTypeDef:
    """Add to the figures of a batch while it runs."""
    added = progress_attributes(progress)
    statuses = _statuses(RUNNING)
    return {
        "TableName": table,
        "Key": item_key(tenant, batch_id),
        "UpdateExpression": "ADD " + ", ".join(f"{name} :{name}" for name in added),
        "ConditionExpression": _is_one_of(statuses),
        "ExpressionAttributeNames": {"#status": "status"},
        "ExpressionAttributeValues": {
            **statuses,
            **{f":{name}": value for name, value in added.items()},
        },
    }


def _statuses(statuses: Iterable[BatchStatus]) -> Item:
    return {f":is_{status}": text(status) for status in statuses}


def _is_one_of(statuses: Item) -> str:
    return f"#status IN ({', '.join(statuses)})"
