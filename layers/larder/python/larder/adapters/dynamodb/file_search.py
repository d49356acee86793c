"""Finding files in the Store table: which index serves which query."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from larder.adapters.dynamodb.attributes import number, text
from larder.adapters.dynamodb.items import file_from
from larder.adapters.dynamodb.keys import file_id_of
from larder.adapters.dynamodb.listings import (
    BY_NAME,
    BY_SIZE,
    IN_FOLDER,
    IN_FOLDER_BY_NAME,
    IN_FOLDER_BY_SIZE,
    children_scope,
    folder_scope,
)
from larder.adapters.dynamodb.pages import MAX_QUERIES, ListRead, count_list, query_of, read_list
from larder.domain.ids import FILE_PREFIX
from larder.services.space.ports import FileQuery, FolderCounts, Page, Sort, TagCounts

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    from larder.domain.files import File
    from larder.domain.ids import FolderId, TenantId
    from larder.services.space.ports import Position

_IN_PROJECT = {Sort.CREATED_AT: None, Sort.NAME: BY_NAME, Sort.SIZE_BYTES: BY_SIZE}
_IN_FOLDER = {
    Sort.CREATED_AT: IN_FOLDER,
    Sort.NAME: IN_FOLDER_BY_NAME,
    Sort.SIZE_BYTES: IN_FOLDER_BY_SIZE,
}

_NOT_EXPIRED = "(attribute_not_exists(expires_at) OR expires_at > :now)"


class DynamoFileSearch:
    """`FileSearch` on DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def search(
        self, tenant: TenantId, query: FileQuery, *, limit: int, after: Position | None, now: float
    ) -> Page[File]:
        """Query the index that has the files of the folder, or all, in the order asked for."""
        conditions, values = _conditions(query, now)
        if query.folder is None:
            index, scope = _IN_PROJECT[query.sort], ""
            if index is None:
                scope = FILE_PREFIX
        else:
            index = _IN_FOLDER[query.sort]
            scope = folder_scope(None if query.folder == "root" else query.folder)
        read = ListRead(
            table=self._table,
            tenant=tenant,
            index=index,
            scope=scope,
            descending=query.descending,
            filter=" AND ".join(conditions),
            values=values,
        )
        found = read_list(self._client, read, limit=limit, after=after)
        files = [file_from(file_id, item) for item in found.items if (file_id := file_id_of(item))]
        return Page(tuple(files), found.next)

    def counts(self, tenant: TenantId, folder_id: FolderId, now: float) -> FolderCounts:
        """Count the folder's part of two indexes, in as many queries as a page may take."""
        files = ListRead(
            table=self._table,
            tenant=tenant,
            index=IN_FOLDER,
            scope=folder_scope(folder_id),
            descending=False,
            filter=_NOT_EXPIRED,
            values={":now": number(int(now))},
        )
        folders = ListRead(
            table=self._table,
            tenant=tenant,
            index=IN_FOLDER_BY_NAME,
            scope=children_scope(folder_id),
            descending=False,
            filter="attribute_not_exists(deleting)",
        )
        return FolderCounts(count_list(self._client, files), count_list(self._client, folders))

    def tags(self, tenant: TenantId, now: float) -> TagCounts:
        """Read the tags of the live files, in as many queries as a page may take.

        No index has them: a table has at most five local ones, and lists need them all.
        """
        found: Counter[str] = Counter()
        read = ListRead(
            table=self._table,
            tenant=tenant,
            index=None,
            scope=FILE_PREFIX,
            descending=True,
            filter=f"size(tags) > :none AND {_NOT_EXPIRED}",
            values={":none": number(0), ":now": number(int(now))},
        )
        request = query_of(read, None)
        request["ProjectionExpression"] = "tags"
        for _ in range(MAX_QUERIES):
            answer = self._client.query(**request)
            for item in answer["Items"]:
                found.update(tag["S"] for tag in item["tags"]["L"])
            if "LastEvaluatedKey" not in answer:
                return TagCounts(found, exact=True)
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
        return TagCounts(found, exact=False)


def _conditions(query: FileQuery, now: float) -> tuple[list[str], dict[str, AttributeValueTypeDef]]:
    conditions = [_NOT_EXPIRED]
    values = {":now": number(int(now))}
    if query.tag is not None:
        conditions.append("contains(tags, :tag)")
        values[":tag"] = text(query.tag)
    if query.favorite is not None:
        conditions.append("favorite = :favorite")
        values[":favorite"] = {"BOOL": query.favorite}
    if query.name_part is not None:
        conditions.append("contains(folded, :part)")
        values[":part"] = text(query.name_part)
    if query.mime_prefix is not None:
        conditions.append("begins_with(mime_type, :mime)")
        values[":mime"] = text(query.mime_prefix)
    return conditions, values
