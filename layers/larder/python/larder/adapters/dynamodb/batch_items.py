"""Batches as DynamoDB items, and back.

A batch's completion window ends at its `deadline`: `expires_at` would put it into the index of
what expires. It is due for the sweeper exactly while it runs; `ttl` comes with its end.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from larder.adapters.dynamodb.attributes import number, optional_number, optional_text, text
from larder.adapters.dynamodb.keys import due_shard, item_key
from larder.domain.batches import Batch, BatchError, BatchStatus, Progress, TokenUsage
from larder.domain.ids import BatchId, FileId

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    from larder.adapters.dynamodb.attributes import Item, ItemRead
    from larder.domain.ids import TenantId


def batch_item(tenant: TenantId, batch: Batch, check_at: int) -> Item:
    """Return the item of a new batch."""
    item: Item = {
        **item_key(tenant, batch.id),
        "input_file_id": text(batch.input_file_id),
        "input_name": text(batch.input_name),
        "endpoint": text(batch.endpoint),
        "completion_window": text(batch.completion_window),
        "deadline": number(batch.expires_at),
        "status": text(batch.status),
        "requests": number(batch.total),
        "execution": number(batch.execution),
        "due_shard": text(due_shard(batch.id)),
        "due_at": number(check_at),
        **progress_attributes(batch.progress),
    }
    if batch.metadata is not None:
        # As text: a map in DynamoDB refuses an empty key, and JSON takes lone surrogates.
        item["metadata"] = text(json.dumps(dict(batch.metadata)))
    if batch.retry_of is not None:
        item["retry_of"] = text(batch.retry_of)
    if batch.output_lifetime is not None:
        item["output_lifetime"] = number(batch.output_lifetime)
    return item


def progress_attributes(progress: Progress) -> Item:
    """Return the figures of a batch, each an attribute that can be added to."""
    return {
        "completed": number(progress.completed),
        "failed": number(progress.failed),
        "input_tokens": number(progress.usage.input),
        "cached_tokens": number(progress.usage.cached),
        "output_tokens": number(progress.usage.output),
        "reasoning_tokens": number(progress.usage.reasoning),
    }


def errors_attribute(errors: Sequence[BatchError]) -> AttributeValueTypeDef:
    """Return the errors of a batch as an attribute."""
    return text(json.dumps([[each.code, each.message, each.param, each.line] for each in errors]))


def batch_from(batch_id: BatchId, item: ItemRead) -> Batch:
    """Return the batch that an item records."""
    metadata = optional_text(item, "metadata")
    errors = optional_text(item, "errors")
    return Batch(
        id=batch_id,
        input_file_id=FileId(item["input_file_id"]["S"]),
        input_name=item["input_name"]["S"],
        endpoint=item["endpoint"]["S"],
        completion_window=item["completion_window"]["S"],
        expires_at=int(item["deadline"]["N"]),
        status=BatchStatus(item["status"]["S"]),
        metadata=None if metadata is None else json.loads(metadata),
        output_lifetime=optional_number(item, "output_lifetime"),
        model=optional_text(item, "model"),
        errors=() if errors is None else tuple(BatchError(*each) for each in json.loads(errors)),
        total=int(item["requests"]["N"]),
        progress=_progress_from(item),
        output_file_id=_optional_file_id(item, "output_file_id"),
        error_file_id=_optional_file_id(item, "error_file_id"),
        reserved_output=_optional_file_id(item, "reserved_output"),
        reserved_error=_optional_file_id(item, "reserved_error"),
        cut_short=item.get("cut_short", {}).get("BOOL", False),
        in_progress_at=optional_number(item, "in_progress_at"),
        finalizing_at=optional_number(item, "finalizing_at"),
        cancelling_at=optional_number(item, "cancelling_at"),
        ended_at=optional_number(item, "ended_at"),
        execution=int(item["execution"]["N"]),
        unanswered_bytes=optional_number(item, "unanswered_bytes") or 0,
        retry_of=_optional_batch_id(item, "retry_of"),
        retried_by=_optional_batch_id(item, "retried_by"),
    )


def _progress_from(item: ItemRead) -> Progress:
    return Progress(
        completed=int(item["completed"]["N"]),
        failed=int(item["failed"]["N"]),
        usage=TokenUsage(
            input=int(item["input_tokens"]["N"]),
            cached=int(item["cached_tokens"]["N"]),
            output=int(item["output_tokens"]["N"]),
            reasoning=int(item["reasoning_tokens"]["N"]),
        ),
    )


def _optional_batch_id(item: ItemRead, name: str) -> BatchId | None:
    found = optional_text(item, name)
    return None if found is None else BatchId(found)


def _optional_file_id(item: ItemRead, name: str) -> FileId | None:
    found = optional_text(item, name)
    return None if found is None else FileId(found)
