"""Records of artifacts and bundles in the Store table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.adapters.dynamodb.artifact_items import artifact_from, bundle_from, new_item
from larder.adapters.dynamodb.attributes import number, text
from larder.adapters.dynamodb.counters import admit, put_new, take
from larder.adapters.dynamodb.item_reads import read_items
from larder.adapters.dynamodb.keys import item_key, project_partition
from larder.adapters.dynamodb.pages import read_newest
from larder.domain.ids import ARTIFACT_PREFIX, BUNDLE_PREFIX
from larder.services.artifacts.ports import Page

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef

    from larder.adapters.dynamodb.attributes import ItemRead
    from larder.domain.artifacts import Artifact, ArtifactType, Bundle
    from larder.domain.ids import ArtifactId, BundleId, FileId, TenantId

_NOT_EXPIRED = "(attribute_not_exists(expires_at) OR expires_at > :now)"


class DynamoArtifacts:
    """`ArtifactRecords` on DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def admit(self, tenant: TenantId, item: Artifact | Bundle) -> None:
        """Put the item and take its amount, in one transaction."""
        amount = item.file.amount
        puts = [put_new(self._table, new_item(tenant, item))]
        admit(self._client, take(self._table, tenant, amount), puts, amount)

    def get(self, tenant: TenantId, artifact_id: ArtifactId) -> Artifact | None:
        """Read the item, strongly consistent."""
        item = self._read(tenant, artifact_id)
        return None if item is None else artifact_from(item)

    def get_all(
        self, tenant: TenantId, artifact_ids: Sequence[ArtifactId]
    ) -> Mapping[ArtifactId, Artifact]:
        """Read the items, a hundred at once."""
        found = read_items(self._client, self._table, tenant, artifact_ids)
        return {artifact_id: artifact_from(item) for artifact_id, item in found}

    def get_bundle(self, tenant: TenantId, bundle_id: BundleId) -> Bundle | None:
        """Read the item, strongly consistent."""
        item = self._read(tenant, bundle_id)
        return None if item is None else bundle_from(item)

    def get_bundles(
        self, tenant: TenantId, bundle_ids: Sequence[BundleId]
    ) -> Mapping[BundleId, Bundle]:
        """Read the items, a hundred at once."""
        found = read_items(self._client, self._table, tenant, bundle_ids)
        return {bundle_id: bundle_from(item) for bundle_id, item in found}

    def page(
        self,
        tenant: TenantId,
        *,
        limit: int,
        after: ArtifactId | None,
        only: ArtifactType | None,
        now: float,
    ) -> Page[Artifact]:
        """Query the project's artifacts, strongly consistent."""
        request = self._newest_first(tenant, ARTIFACT_PREFIX, after)
        request["FilterExpression"] = _NOT_EXPIRED
        values = {**request["ExpressionAttributeValues"], ":now": number(int(now))}
        if only is not None:
            request["FilterExpression"] += " AND artifact_type = :only"
            values[":only"] = text(only)
        request["ExpressionAttributeValues"] = values
        items, has_more = read_newest(self._client, request, limit=limit)
        return Page(tuple(map(artifact_from, items)), has_more)

    def page_of_bundles(
        self, tenant: TenantId, *, limit: int, after: BundleId | None
    ) -> Page[Bundle]:
        """Query the project's bundles, strongly consistent."""
        request = self._newest_first(tenant, BUNDLE_PREFIX, after)
        items, has_more = read_newest(self._client, request, limit=limit)
        return Page(tuple(map(bundle_from, items)), has_more)

    def _read(self, tenant: TenantId, item_id: FileId) -> ItemRead | None:
        return self._client.get_item(
            TableName=self._table, Key=item_key(tenant, item_id), ConsistentRead=True
        ).get("Item")

    def _newest_first(
        self, tenant: TenantId, prefix: str, after: FileId | None
    ) -> QueryInputTypeDef:
        request: QueryInputTypeDef = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk AND begins_with(sk, :prefix)",
            "ExpressionAttributeValues": {
                ":pk": text(project_partition(tenant)),
                ":prefix": text(prefix),
            },
            "ScanIndexForward": False,
            "ConsistentRead": True,
        }
        if after is not None:
            request["ExclusiveStartKey"] = item_key(tenant, after)
        return request
