"""Copies of what moto keeps, which cost a fraction of what moto does for the same."""

from __future__ import annotations

import copy
from collections import defaultdict
from functools import wraps
from typing import TYPE_CHECKING, Any

from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable

    from moto.dynamodb.models.dynamo_type import Item


def share_items() -> None:
    """Let copies of a table share its items, which moto replaces and never changes."""
    Table.__deepcopy__ = _with_the_same_items  # type: ignore[attr-defined]
    DynamoDBBackend.update_item = _on_a_copy(DynamoDBBackend.update_item)  # type: ignore[method-assign]


def _with_the_same_items(table: Table, _memo: dict[int, Any]) -> Table:
    # moto copies the table anew for each item of a transaction, to undo it if it fails.
    copied = copy.copy(table)
    copied.items = defaultdict(dict)
    for key, found in table.items.items():
        copied.items[key] = dict(found) if table.has_range_key else found
    return copied


def _on_a_copy(update_item: Callable[..., Item]) -> Callable[..., Item]:
    """Let an update change a copy of its item, since copies of the table share items."""

    @wraps(update_item)
    def update(self: DynamoDBBackend, table_name: str, key: Any, *args: Any, **named: Any) -> Item:
        table = self.get_table(table_name)
        hash_key, range_key = self.get_keys_value(table, key)
        items: Any = table.items[hash_key] if table.has_range_key else table.items
        place = range_key if table.has_range_key else hash_key
        if place in items:
            items[place] = copy.deepcopy(items[place])
        return update_item(self, table_name, key, *args, **named)

    return update
