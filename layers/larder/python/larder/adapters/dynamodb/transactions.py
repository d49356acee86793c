"""Transactions, and why they fail: a condition, a conflict, or a partition that is full."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Any, cast

from larder.domain.errors import ContentionError, ProjectFullError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from larder.adapters.dynamodb.attributes import ItemRead
    from larder.adapters.dynamodb.keys import Key

ATTEMPTS = 12
_FIRST_PAUSE = 0.02
_LONGEST_PAUSE = 0.5

# Reasons that say nothing about the conditions: the same transaction may pass a moment later.
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
_PASSING = frozenset(
    {"None", "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
)


# A table with local indexes takes at most 10 GB of items and index entries of one partition key.
_FULL = "ItemCollectionSizeLimitExceeded"


class ConditionsFailedError(Exception):
    """Conditions of a transaction did not hold, so that it changed nothing.

    `items` maps the position of each item whose condition failed to what the table holds there
    (empty when there is nothing, or when the item did not ask for it); `size` counts all items of
    the transaction.
    """

    def __init__(self, items: Mapping[int, ItemRead], size: int) -> None:
        super().__init__(f"conditions failed at {sorted(items)} of {size}")
        self.items = items
        self.size = size


def transact(
    client: DynamoDBClient,
    items: Sequence[TransactWriteItemTypeDef],
    *,
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Write all items or none, again with jitter while others change the same ones.

    botocore retries lost answers under one ClientRequestToken, which DynamoDB recognises, so an
    attempt that took effect unseen is not made twice. A cancelled one changed nothing and gets
    a new token here. A dozen attempts last about 3 seconds.

    Raises:
        ConditionsFailedError: a condition does not hold.
        ContentionError: the conflicts did not end.
        ProjectFullError: the partition has as many bytes as it can have.
    """
    _until_undisturbed(client, lambda: client.transact_write_items(TransactItems=items), pause)


def snapshot(
    client: DynamoDBClient,
    table: str,
    keys: Sequence[Key],
    *,
    pause: Callable[[float], None] = time.sleep,
) -> list[ItemRead | None]:
    """Read several items as they were at one moment; None for one that did not exist.

    Raises:
        ContentionError: changes of the items did not end.
    """
    answer = _until_undisturbed(
        client,
        lambda: client.transact_get_items(
            TransactItems=[{"Get": {"TableName": table, "Key": key}} for key in keys]
        ),
        pause,
    )
    return [entry.get("Item") for entry in answer["Responses"]]


def _until_undisturbed[Answer](
    client: DynamoDBClient, call: Callable[[], Answer], pause: Callable[[float], None]
) -> Answer:
    for attempt in range(ATTEMPTS):
        try:
            return call()
        except client.exceptions.TransactionCanceledException as cancelled:
            # The stubs describe an item as one attribute.
            reasons = cast(
                "Sequence[Mapping[str, Any]]", cancelled.response.get("CancellationReasons", [])
            )
            failed: dict[int, ItemRead] = {
                position: reason.get("Item", {})
                for position, reason in enumerate(reasons)
                if reason.get("Code") == "ConditionalCheckFailed"
            }
            if failed:
                raise ConditionsFailedError(failed, len(reasons)) from cancelled
            codes = {reason.get("Code", "None") for reason in reasons}
            if _FULL in codes:
                raise ProjectFullError from cancelled
            if not codes <= _PASSING:
                raise
            longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**attempt)
            pause(random.uniform(longest / 4, longest))  # noqa: S311 - jitter
    raise ContentionError
