"""The sizes of items by DynamoDB's rules, and what a partition of 10 GB refuses.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from larder.adapters.dynamodb.listings import LISTINGS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    type Item = Mapping[str, Any]

_ENTRY_OVERHEAD = 100
_CLAUSES = re.compile(r"\b(SET|REMOVE|ADD) ")


def item_bytes(item: Item) -> int:
    """Return the size of an item: its attributes' names and values."""
    return sum(len(name) + _value_bytes(value) for name, value in item.items())


def partition_bytes(item: Item) -> int:
    """Return what an item takes of its partition, with its entries in the local indexes."""
    entries = 1 + sum(index in item for index in LISTINGS)
    return entries * (item_bytes(item) + _ENTRY_OVERHEAD)


def grows(write: Mapping[str, Any], partition: str, held: Callable[[Item], Item]) -> bool:
    """Tell whether one write of a transaction makes something in the partition larger.

    `held` returns the item of a key as it is.
    """
    if "Put" in write:
        return bool(write["Put"]["Item"]["pk"]["S"] == partition)
    update = write.get("Update")
    if update is None or update["Key"]["pk"]["S"] != partition:
        return False
    before = held(update["Key"])
    after = dict(before)
    names = update.get("ExpressionAttributeNames", {})
    _, *clauses = _CLAUSES.split(update["UpdateExpression"])
    for clause, changes in zip(clauses[::2], clauses[1::2], strict=True):
        for change in changes.split(", "):
            name, _, value = (part.strip() for part in change.partition("="))
            name = names.get(name, name)
            if clause == "REMOVE":
                after.pop(name, None)
            elif value in update["ExpressionAttributeValues"]:
                after[name] = update["ExpressionAttributeValues"][value]
    return item_bytes(after) > item_bytes(before)


def _value_bytes(value: Item) -> int:
    [(kind, held)] = value.items()
    match kind:
        case "S":
            return len(held.encode())
        case "N":
            return (len(held.strip("-0")) + 1) // 2 + 1
        case "L":
            return 3 + sum(1 + _value_bytes(element) for element in held)
        case "BOOL":
            return 1
    raise ValueError(kind)
