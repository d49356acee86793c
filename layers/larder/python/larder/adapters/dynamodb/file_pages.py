"""A page of the list of files: exact, and read within bounds however few files match.

A page is read from the project's partition, which is consistent and has the files in order. Where
files of the purpose asked for are rare, the rest of it is read from the index `by_purpose`: that
lags a second behind, so each record is then read itself. A project from before the index, which
nobody has migrated, goes without it.

OpenAI's clients go on from the last file of a page and stop at an empty one. So a page that had to
be cut short holds back its last match: that is the proof that there are more.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from larder.adapters.dynamodb.attributes import number, text
from larder.adapters.dynamodb.counters import PURPOSES_INDEXED
from larder.adapters.dynamodb.item_reads import read_items
from larder.adapters.dynamodb.items import file_from
from larder.adapters.dynamodb.keys import (
    BY_PURPOSE,
    file_id_of,
    item_key,
    project_partition,
    purpose_position,
    usage_key,
)
from larder.adapters.dynamodb.pages import MAX_QUERIES
from larder.domain.errors import ExpiredBacklogError, InvalidParameterError
from larder.domain.ids import FILE_PREFIX, FileId
from larder.services.files.ports import FilePage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef, QueryOutputTypeDef

    from larder.adapters.dynamodb.attributes import ItemRead
    from larder.domain.files import File
    from larder.domain.ids import TenantId
    from larder.services.files.ports import PageQuery

MAX_RECORDS = 1_000
"""Records that one page reads by their keys."""

_READ_AT_LEAST = 1_000
_PROBE = 4
_RARE = 6
"""A record costs about six times as much read by its key as in a query."""


def read_file_page(
    client: DynamoDBClient, table: str, tenant: TenantId, query: PageQuery, now: float
) -> FilePage:
    """Return the page.

    Raises:
        ExpiredBacklogError: so many expired files wait for their removal that none other is found.
        ContentionError: DynamoDB has no capacity for the records.
        InvalidParameterError: files of the purpose are rare, and nobody has migrated the project.
    """
    indexed = cache(lambda: _is_indexed(client, table, tenant))
    found: list[File] = []
    seen, at = 0, None
    for made, answer in enumerate(_queries(client, table, tenant, query, now), start=1):
        found += _files(answer["Items"])
        seen += answer["ScannedCount"]
        if len(found) > query.limit or "LastEvaluatedKey" not in answer:
            return FilePage(tuple(found[: query.limit]), has_more=len(found) > query.limit)
        at = FileId(answer["LastEvaluatedKey"]["sk"]["S"])
        rare = query.purpose is not None and made >= _PROBE and len(found) * _RARE < seen
        if rare and indexed():
            break
    if query.purpose is not None and at is not None and indexed():
        ids, more = _of_purpose(client, table, tenant, query, at)
        records = (
            file_from(file_id, item) for file_id, item in read_items(client, table, tenant, ids)
        )
        found += [file for file in records if not file.expired(now)]
        if not more:
            return FilePage(tuple(found[: query.limit]), has_more=len(found) > query.limit)
    if len(found) < 2:  # noqa: PLR2004 - one to show, and one that shows that there is more
        if query.purpose is not None and not indexed():
            message = (
                f"Files with the purpose '{query.purpose}' are so rare among this project's that "
                "one request does not find the next ones. List without a purpose, or have the "
                "operator run 'larder migrate'."
            )
            raise InvalidParameterError(message, param="purpose")
        raise ExpiredBacklogError
    return FilePage(tuple(found[:-1][: query.limit]), has_more=True)


def _queries(
    client: DynamoDBClient, table: str, tenant: TenantId, query: PageQuery, now: float
) -> Iterator[QueryOutputTypeDef]:
    """Query the project's partition, up to `MAX_QUERIES` times.

    `Limit` counts items before the filter (AWS: Query, FilterExpression): from the second query on
    it is a thousand at least.
    """
    request: QueryInputTypeDef = {
        "TableName": table,
        "KeyConditionExpression": "pk = :pk AND begins_with(sk, :files)",
        "FilterExpression": "(attribute_not_exists(expires_at) OR expires_at > :now)",
        "ExpressionAttributeValues": {
            ":pk": text(project_partition(tenant)),
            ":files": text(FILE_PREFIX),
            ":now": number(int(now)),
        },
        "ScanIndexForward": not query.newest_first,
        "ConsistentRead": True,
        "Limit": query.limit + 1,
    }
    if query.purpose is not None:
        request["FilterExpression"] += " AND purpose = :purpose"
        request["ExpressionAttributeValues"] = {
            **request["ExpressionAttributeValues"],
            ":purpose": text(query.purpose),
        }
    if query.after is not None:
        request["ExclusiveStartKey"] = item_key(tenant, query.after)
    for _ in range(MAX_QUERIES):
        answer = client.query(**request)
        yield answer
        if "LastEvaluatedKey" not in answer:
            return
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
        request["Limit"] = max(query.limit + 1, _READ_AT_LEAST)


def _is_indexed(client: DynamoDBClient, table: str, tenant: TenantId) -> bool:
    answer = client.get_item(
        TableName=table, Key=usage_key(tenant), ProjectionExpression=PURPOSES_INDEXED
    )
    return PURPOSES_INDEXED in answer.get("Item", {})


def _of_purpose(
    client: DynamoDBClient, table: str, tenant: TenantId, query: PageQuery, at: FileId
) -> tuple[list[FileId], bool]:
    """Return the ids of files with the purpose beyond `at`, and whether there may be more."""
    assert query.purpose is not None  # noqa: S101 - the caller has looked
    here = purpose_position(query.purpose, at)
    first, last = purpose_position(query.purpose, ""), purpose_position(query.purpose, "~")
    low, high = (first, here) if query.newest_first else (here, last)
    answer = client.query(
        TableName=table,
        IndexName=BY_PURPOSE,
        KeyConditionExpression=f"pk = :pk AND {BY_PURPOSE} BETWEEN :low AND :high",
        ExpressionAttributeValues={
            ":pk": text(project_partition(tenant)),
            ":low": text(low),
            ":high": text(high),
        },
        ScanIndexForward=not query.newest_first,
        Limit=min(query.limit + 2, MAX_RECORDS),
    )
    ids = [file_id for item in answer["Items"] if (file_id := file_id_of(item)) not in {None, at}]
    return [each for each in ids if each is not None], "LastEvaluatedKey" in answer


def _files(items: Sequence[ItemRead]) -> list[File]:
    return [file_from(file_id, item) for item in items if (file_id := file_id_of(item)) is not None]
