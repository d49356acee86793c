"""The register of projects in the Store table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.adapters.dynamodb.admin_log import put_entries
from larder.adapters.dynamodb.attributes import number, text
from larder.adapters.dynamodb.counters import put_new, usage_from, usage_item
from larder.adapters.dynamodb.keys import PROJECTS, project_key, usage_key
from larder.adapters.dynamodb.transactions import ConditionsFailedError, transact
from larder.domain.ids import TenantId
from larder.domain.projects import Project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from larder.adapters.dynamodb.attributes import Item
    from larder.domain.admin_log import LogEntry
    from larder.domain.quota import Amount


class DynamoProjects:
    """`ProjectRecords` on DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def create(
        self, project: Project, limit: Amount, audit_at: int, entry: LogEntry | None = None
    ) -> bool:
        """Put the project's entry and its counters, in one transaction."""
        item: Item = {
            **project_key(project.name),
            "project": text(project.id),
            "created_at": number(project.created_at),
        }
        try:
            transact(
                self._client,
                [
                    put_new(self._table, item),
                    put_new(self._table, usage_item(project.id, limit, audit_at)),
                    *put_entries(self._table, entry),
                ],
            )
        except ConditionsFailedError:
            return False
        return True

    def list(self) -> Iterator[Project]:
        """Query the register."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :projects",
            ExpressionAttributeValues={":projects": text(PROJECTS)},
            ConsistentRead=True,
        )
        for page in pages:
            for item in page["Items"]:
                yield Project(
                    id=TenantId(item["project"]["S"]),
                    name=item["sk"]["S"],
                    created_at=int(item["created_at"]["N"]),
                )

    def set_limit(self, tenant: TenantId, limit: Amount, entry: LogEntry | None = None) -> None:
        """Move what is left by as much as the limits move, so that no change is lost.

        A SET takes one operator, so how far the limits move is reckoned here, on condition that
        they are still those that it was reckoned from.

        Raises:
            ContentionError: the conflicts with other changes did not end.
            LookupError: the project has no counters.
        """
        changed = False
        while not changed:
            changed = self._move_limit(tenant, self._limit(tenant), limit, entry)

    def _limit(self, tenant: TenantId) -> Amount:
        item = self._client.get_item(
            TableName=self._table, Key=usage_key(tenant), ConsistentRead=True
        ).get("Item")
        if item is None:
            message = "the project has no counters"
            raise LookupError(message)
        return usage_from(item).limit

    def _move_limit(
        self, tenant: TenantId, before: Amount, after: Amount, entry: LogEntry | None
    ) -> bool:
        more = after - before
        update: TransactWriteItemTypeDef = {
            "Update": {
                "TableName": self._table,
                "Key": usage_key(tenant),
                "UpdateExpression": (
                    "SET files_left = files_left + :more_files, "
                    "bytes_left = bytes_left + :more_bytes, "
                    "files_limit = :files, bytes_limit = :bytes, version = version + :one"
                ),
                "ConditionExpression": (
                    "files_limit = :files_before AND bytes_limit = :bytes_before"
                ),
                "ExpressionAttributeValues": {
                    ":more_files": number(more.files),
                    ":more_bytes": number(more.bytes),
                    ":files": number(after.files),
                    ":bytes": number(after.bytes),
                    ":files_before": number(before.files),
                    ":bytes_before": number(before.bytes),
                    ":one": number(1),
                },
            }
        }
        try:
            # A transaction, also for its patience with the others that change this item.
            transact(self._client, [update, *put_entries(self._table, entry)])
        except ConditionsFailedError:
            return False
        return True
