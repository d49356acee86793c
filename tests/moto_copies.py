"""Copies of what moto keeps, which cost a fraction of what moto does for the same."""

from __future__ import annotations

import copy
import copyreg
import threading
from collections import defaultdict
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, Self

from moto.backends import get_backend
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.table import Table
from moto.s3.models import s3_backends

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from moto.core.base_backend import BaseBackend
    from moto.dynamodb.models.dynamo_type import Item


@dataclass(frozen=True)
class Saved:
    """What services had on moto at some time."""

    states: dict[tuple[str, str], dict[str, Any]]
    owners: dict[str, tuple[str, str]]

    @classmethod
    def now(cls, services: Iterable[tuple[str, str]]) -> Self:
        """Copy what each service has; moto keeps it by region, but that of S3 by partition."""
        states = {service: copy.deepcopy(vars(_backend(*service))) for service in services}
        return cls(states, dict(s3_backends.bucket_accounts))

    def restore(self) -> None:
        """Let moto have a copy of it again, and nothing else of these services."""
        for service, state in self.states.items():
            vars(_backend(*service)).update(copy.deepcopy(state))
        s3_backends.bucket_accounts = dict(self.owners)


def _backend(name: Any, region: str) -> BaseBackend:
    found: BaseBackend = get_backend(name)[DEFAULT_ACCOUNT_ID][region]
    return found


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


# A queue has a lock, which cannot be copied: a copy of the queue gets its own.
copyreg.pickle(threading.Condition, lambda _: (threading.Condition, ()))
