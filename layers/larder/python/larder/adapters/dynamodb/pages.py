"""Reading a list page by page from the Store table or one of its local indexes."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING

from larder.adapters.dynamodb.attributes import text
from larder.adapters.dynamodb.keys import project_partition
from larder.domain.errors import ContentionError
from larder.domain.limits import MAX_INLINE_BYTES
from larder.services.space.ports import Page, Position

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, QueryInputTypeDef

    from larder.adapters.dynamodb.attributes import ItemRead
    from larder.domain.ids import TenantId

MAX_QUERIES = 25
"""Queries that one page may take, of up to 1 MB and 256 read units each: about 40,000 files.

A project's partition gives 3,000 units per second: docs/scale.md has the worst case of every read.
"""

_GROWTH = 4

_FIELDS_BYTES = 600
"""The size of an item in JSON without its texts that people choose, rounded up."""

_TEXTS = ("filename", "name", "mime_type", "status_details")
_NO_TAGS: AttributeValueTypeDef = {"L": []}


@dataclass(frozen=True, slots=True)
class ListRead:
    """What is read, in which order: the items of a project whose sort key begins with `scope`.

    `index` None is the table itself; `filter` an expression over `values` and `names`.
    """

    table: str
    tenant: TenantId
    index: str | None
    scope: str
    descending: bool
    filter: str | None = None
    values: Mapping[str, AttributeValueTypeDef] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def sort_key(self) -> str:
        """The attribute that the items are in order of."""
        return "sk" if self.index is None else self.index

    def position(self, key: Mapping[str, AttributeValueTypeDef]) -> Position:
        """Return the place right after the item of that key."""
        return Position(key["sk"]["S"], key[self.sort_key]["S"])


def read_list(
    client: DynamoDBClient, read: ListRead, *, limit: int, after: Position | None
) -> Page[ItemRead]:
    """Return up to `limit` items, strongly consistent, and as many as fit into an answer.

    `Limit` counts items before the filter (AWS: Query, FilterExpression), so a filtered page takes
    as many queries as it needs, each of four times as many items, until it is full or
    `MAX_QUERIES` were made.
    """
    request = query_of(read, after)
    request["Limit"] = limit + 1
    found: list[ItemRead] = []
    for _ in range(MAX_QUERIES):
        answer = client.query(**request)
        found += answer["Items"]
        fitting = min(limit, _fitting(found))
        if len(found) > fitting:
            return Page(tuple(found[:fitting]), read.position(found[fitting - 1]))
        if "LastEvaluatedKey" not in answer:
            return Page(tuple(found), None)
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
        request["Limit"] *= _GROWTH
    return Page(tuple(found), read.position(answer["LastEvaluatedKey"]))


def count_list(client: DynamoDBClient, read: ListRead) -> int | None:
    """Return how many items there are, strongly consistent; None if `MAX_QUERIES` are too few."""
    request = query_of(read, None)
    request["Select"] = "COUNT"
    count = 0
    for _ in range(MAX_QUERIES):
        answer = client.query(**request)
        count += answer["Count"]
        if "LastEvaluatedKey" not in answer:
            return count
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
    return None


def read_newest(
    client: DynamoDBClient, request: QueryInputTypeDef, *, limit: int
) -> tuple[list[ItemRead], bool]:
    """Return the first `limit` items of a query that may filter, and whether there are more.

    A list that had to be cut short holds back its last item: that is the proof that there are more.

    Raises:
        ContentionError: `MAX_QUERIES` queries found nothing to show.
    """
    request["Limit"] = limit + 1
    found: list[ItemRead] = []
    for _ in range(MAX_QUERIES):
        answer = client.query(**request)
        found += answer["Items"]
        if "LastEvaluatedKey" not in answer or len(found) > limit:
            return found[:limit], len(found) > limit
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
        request["Limit"] *= _GROWTH
    if len(found) < 2:  # noqa: PLR2004 - one to show, and one that shows that there is more
        raise ContentionError
    return found[:-1], True


def _fitting(items: Sequence[ItemRead]) -> int:
    """Return how many of the items fit into an answer, at least one.

    JSON takes up to two bytes for each of a text: a quote is escaped.
    """
    ends = accumulate(_FIELDS_BYTES + 2 * _text_bytes(item) for item in items)
    return max(1, sum(end <= MAX_INLINE_BYTES for end in ends))


def _text_bytes(item: ItemRead) -> int:
    named = sum(len(item[name]["S"].encode()) for name in _TEXTS if name in item)
    return named + sum(len(tag["S"].encode()) for tag in item.get("tags", _NO_TAGS)["L"])


def query_of(read: ListRead, after: Position | None) -> QueryInputTypeDef:
    """Return the query of the list that begins after the position."""
    scoped = f" AND begins_with({read.sort_key}, :scope)" if read.scope else ""
    request: QueryInputTypeDef = {
        "TableName": read.table,
        "KeyConditionExpression": f"pk = :pk{scoped}",
        "ExpressionAttributeValues": {
            ":pk": text(project_partition(read.tenant)),
            **({":scope": text(read.scope)} if read.scope else {}),
            **read.values,
        },
        "ScanIndexForward": not read.descending,
        "ConsistentRead": True,
    }
    if read.index is not None:
        request["IndexName"] = read.index
    if read.filter is not None:
        request["FilterExpression"] = read.filter
    if read.names:
        request["ExpressionAttributeNames"] = read.names
    if after is not None:
        request["ExclusiveStartKey"] = {
            "pk": text(project_partition(read.tenant)),
            "sk": text(after.id),
            **({} if read.index is None else {read.index: text(after.key)}),
        }
    return request
