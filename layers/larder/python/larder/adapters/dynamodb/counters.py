"""The changes of a project's counters, as items of the transactions that cause them.

What is *left* of the limits is stored, since a condition can say `bytes_left >= :bytes` but can
not add. Every change counts `version` up, by which an audit knows that it was not disturbed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.adapters.dynamodb.attributes import number, optional_number, text
from larder.adapters.dynamodb.keys import due_shard, ledger_key, usage_key
from larder.adapters.dynamodb.transactions import ConditionsFailedError, transact
from larder.domain.errors import ProjectFullError, QuotaExceededError
from larder.domain.files import DAY
from larder.domain.quota import Amount, Usage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from larder.adapters.dynamodb.attributes import Item, ItemRead
    from larder.domain.ids import FileId, TenantId, UploadId

_LEDGER_LIFE = 30 * DAY
"""Far longer than any event that could try again lives: a stream keeps records for a day."""

PURPOSES_INDEXED = "purposes_indexed"
"""The attribute of a project all of whose live files are in the index `by_purpose`."""

_COUNT_CHANGE = "version = version + :one"


def usage_item(tenant: TenantId, limit: Amount, audit_at: int) -> Item:
    """Return the counters of a new project."""
    return {
        **usage_key(tenant),
        "files_limit": number(limit.files),
        "bytes_limit": number(limit.bytes),
        "files_left": number(limit.files),
        "bytes_left": number(limit.bytes),
        "files_reserved": number(0),
        "bytes_reserved": number(0),
        "version": number(0),
        PURPOSES_INDEXED: {"BOOL": True},
        "due_shard": text(due_shard(tenant)),
        "due_at": number(audit_at),
    }


def usage_from(item: ItemRead) -> Usage:
    """Return the counters that an item holds."""

    def amount(suffix: str) -> Amount:
        return Amount(
            files=int(item[f"files_{suffix}"]["N"]), bytes=int(item[f"bytes_{suffix}"]["N"])
        )

    return Usage(
        limit=amount("limit"),
        left=amount("left"),
        reserved=amount("reserved"),
        version=int(item["version"]["N"]),
        recounted_at=optional_number(item, "recounted_at"),
    )


def _change(
    table: str, tenant: TenantId, amount: Amount, changes: list[str], condition: str | None = None
) -> TransactWriteItemTypeDef:
    update: TransactWriteItemTypeDef = {
        "Update": {
            "TableName": table,
            "Key": usage_key(tenant),
            "UpdateExpression": "SET " + ", ".join([*changes, _COUNT_CHANGE]),
            "ExpressionAttributeValues": {
                ":files": number(amount.files),
                ":bytes": number(amount.bytes),
                ":one": number(1),
            },
        }
    }
    if condition is not None:
        update["Update"]["ConditionExpression"] = condition
        # The counters in the refusal save the read that the message to the client needs.
        update["Update"]["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    return update


_TAKE = ["files_left = files_left - :files", "bytes_left = bytes_left - :bytes"]
_GIVE = ["files_left = files_left + :files", "bytes_left = bytes_left + :bytes"]
_RESERVE = [
    "files_reserved = files_reserved + :files",
    "bytes_reserved = bytes_reserved + :bytes",
]
_UNRESERVE = [
    "files_reserved = files_reserved - :files",
    "bytes_reserved = bytes_reserved - :bytes",
]
_ROOM = "files_left >= :files AND bytes_left >= :bytes"
_NOT_RECOUNTED = "attribute_not_exists(recounted_at) OR recounted_at < :gone_at"


def take(table: str, tenant: TenantId, amount: Amount) -> TransactWriteItemTypeDef:
    """Take the amount for a file, on condition that there is room for it."""
    return _change(table, tenant, amount, _TAKE, _ROOM)


def charge(table: str, tenant: TenantId, amount: Amount) -> TransactWriteItemTypeDef:
    """Take the amount whether there is room for it or not."""
    return _change(table, tenant, amount, _TAKE)


def reserve(table: str, tenant: TenantId, amount: Amount) -> TransactWriteItemTypeDef:
    """Take the amount for a pending upload, on condition that there is room for it."""
    return _change(table, tenant, amount, _TAKE + _RESERVE, _ROOM)


def settle(table: str, tenant: TenantId, amount: Amount) -> TransactWriteItemTypeDef:
    """Turn what an upload had reserved into what its file takes."""
    return _change(table, tenant, amount, _UNRESERVE)


def touch_version(table: str, tenant: TenantId) -> TransactWriteItemTypeDef:
    """Change nothing but the version, for what moves to another key while it stays counted.

    An audit reads one key after the other: it would miss the file, or count it twice.
    """
    return {
        "Update": {
            "TableName": table,
            "Key": usage_key(tenant),
            "UpdateExpression": f"SET {_COUNT_CHANGE}",
            "ExpressionAttributeValues": {":one": number(1)},
        }
    }


def release_quota(
    table: str,
    tenant: TenantId,
    owners: Sequence[FileId | UploadId],
    amount: Amount,
    *,
    reserved: bool,
    now: float,
    gone_at: float | None = None,
) -> list[TransactWriteItemTypeDef]:
    """Give back what `owners` took, or had reserved: a ledger item each lets that happen once.

    `gone_at` is given where the owner's record was removed before, by something else: then on
    condition that the counters were last set before that time. Later, they do not include it.
    """
    ttl = number(int(now) + _LEDGER_LIFE)
    back = _change(
        table,
        tenant,
        amount,
        _GIVE + _UNRESERVE if reserved else _GIVE,
        None if gone_at is None else _NOT_RECOUNTED,
    )
    if gone_at is not None:
        back["Update"]["ExpressionAttributeValues"] = {
            **back["Update"]["ExpressionAttributeValues"],
            ":gone_at": number(int(gone_at)),
        }
    return [*(put_new(table, {**ledger_key(owner), "ttl": ttl}) for owner in owners), back]


def put_new(table: str, item: Item) -> TransactWriteItemTypeDef:
    """Put an item that must not exist yet."""
    return {
        "Put": {"TableName": table, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}
    }


def admit(
    client: DynamoDBClient,
    counters: TransactWriteItemTypeDef,
    puts: Sequence[TransactWriteItemTypeDef],
    asked: Amount,
) -> None:
    """Change the counters and write the items that the change is for, in one transaction.

    Raises:
        QuotaExceededError: there is no room for `asked`.
        ProjectFullError: nor could the project's limit of files be raised, or DynamoDB says so.
        ConditionsFailedError: a condition of the items does not hold.
        ContentionError: the conflicts with other changes did not end.
        LookupError: the project has no counters.
    """
    try:
        transact(client, [counters, *puts])
    except ConditionsFailedError as refused:
        if 0 not in refused.items:
            raise
        held = refused.items[0]
        if not held:
            message = "the project has no counters"
            raise LookupError(message) from refused
        usage = usage_from(held)
        if usage.has_all_files(asked):
            raise ProjectFullError from refused
        raise QuotaExceededError(usage, asked) from refused
