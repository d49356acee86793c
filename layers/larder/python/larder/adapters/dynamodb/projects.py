"""The register of projects in the Store table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.adapters.dynamodb.counters import put_new, usage_item
from larder.adapters.dynamodb.items import number, text
from larder.adapters.dynamodb.keys import PROJECTS, project_key, usage_key
from larder.adapters.dynamodb.transactions import ConditionsFailedError, transact
from larder.domain.ids import TenantId
from larder.domain.projects import Project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from larder.domain.quota import Amount


class DynamoProjects:
    """`ProjectRecords` on DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def create(self, project: Project, limit: Amount, audit_at: int) -> bool:
        """Put the project's entry and its counters, in one transaction."""
        entry = {
            **project_key(project.name),
            "project": text(project.id),
            "created_at": number(project.created_at),
        }
        try:
            transact(
                self._client,
                [
                    put_new(self._table, entry),
                    put_new(self._table, usage_item(project.id, limit, audit_at)),
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

    def set_limit(self, tenant: TenantId, limit: Amount) -> None:
        """Move what is left by as much as the limits move, so that no change is lost."""
        update: TransactWriteItemTypeDef = {
            "Update": {
                "TableName": self._table,
                "Key": usage_key(tenant),
                "UpdateExpression": (
                    "SET files_left = files_left + :files - files_limit, "
                    "bytes_left = bytes_left + :bytes - bytes_limit, "
                    "files_limit = :files, bytes_limit = :bytes, version = version + :one"
                ),
                "ConditionExpression": "attribute_exists(pk)",
                "ExpressionAttributeValues": {
                    ":files": number(limit.files),
                    ":bytes": number(limit.bytes),
                    ":one": number(1),
                },
            }
        }
        # A transaction of one, for its patience with the others that change this item.
        transact(self._client, [update])
