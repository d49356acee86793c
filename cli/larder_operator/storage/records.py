"""A project's records, as streams in the order of their ids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from larder.adapters.dynamodb.keys import ledger_key, project_partition
from larder.domain.files import FileStatus
from larder.domain.ids import ARTIFACT_PREFIX, BATCH_PREFIX, FILE_PREFIX, UPLOAD_PREFIX
from larder.domain.uploads import UploadStatus
from larder_operator.deployment import operator_client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

    from larder.domain.ids import FileId, TenantId


@dataclass(frozen=True, slots=True)
class Record:
    """What an audit needs of a record: its id without what its key puts before it.

    `waiting`: its bytes may still be on their way.
    """

    id: str
    size: int
    waiting: bool


class Records:
    """The records of a table, read by pages and strongly consistent."""

    def __init__(self, table: str) -> None:
        self._table = table
        self._client = cast("DynamoDBClient", operator_client("dynamodb"))

    def files(self, tenant: TenantId) -> Iterator[Record]:
        """Yield the live files."""
        return self._read(tenant, "", FILE_PREFIX)

    def artifacts(self, tenant: TenantId) -> Iterator[Record]:
        """Yield the artifacts. Bundles have no bytes."""
        return self._read(tenant, "", ARTIFACT_PREFIX)

    def trashed(self, tenant: TenantId) -> Iterator[Record]:
        """Yield the files in the trash."""
        return self._read(tenant, "trash#", FILE_PREFIX)

    def outputs(self, tenant: TenantId) -> Iterator[Record]:
        """Yield the files that running batches are writing."""
        return self._read(tenant, "output#", FILE_PREFIX)

    def uploads(self, tenant: TenantId) -> Iterator[Record]:
        """Yield the uploads."""
        return self._read(tenant, "", UPLOAD_PREFIX)

    def batches(self, tenant: TenantId) -> Iterator[Record]:
        """Yield the batches."""
        return self._read(tenant, "", BATCH_PREFIX)

    def released(self, file_id: FileId) -> bool:
        """Tell whether the file's quota was given back: it was deleted, or has expired."""
        item = self._client.get_item(
            TableName=self._table, Key=ledger_key(file_id), ConsistentRead=True
        )
        return "Item" in item

    def _read(self, tenant: TenantId, before: str, prefix: str) -> Iterator[Record]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
            ProjectionExpression="sk, #bytes, #status",
            ExpressionAttributeNames={"#bytes": "bytes", "#status": "status"},
            ExpressionAttributeValues={
                ":pk": {"S": project_partition(tenant)},
                ":prefix": {"S": before + prefix},
            },
            ConsistentRead=True,
        )
        for page in pages:
            for item in page["Items"]:
                status = item.get("status", {}).get("S")
                yield Record(
                    item["sk"]["S"].removeprefix(before),
                    int(item.get("bytes", {}).get("N", "0")),
                    status in {FileStatus.UPLOADED, UploadStatus.PENDING},
                )
