"""The operator's upstreams in the Store table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.adapters.dynamodb.attributes import number, optional_number, optional_text, text
from larder.adapters.dynamodb.keys import UPSTREAMS, upstream_key
from larder.domain.upstreams import Auth, Upstream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

    from larder.adapters.dynamodb.attributes import Item, ItemRead


class DynamoUpstreams:
    """`UpstreamRecords` on DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def list(self) -> Sequence[Upstream]:
        """Query the upstreams, strongly consistent."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :upstreams",
            ExpressionAttributeValues={":upstreams": text(UPSTREAMS)},
            ConsistentRead=True,
        )
        found = [_upstream_from(item) for page in pages for item in page["Items"]]
        return sorted(found, key=lambda upstream: (upstream.created_at, upstream.name))

    def put(self, upstream: Upstream) -> None:
        """Put the upstream's item."""
        self._client.put_item(TableName=self._table, Item=_upstream_item(upstream))

    def remove(self, name: str) -> bool:
        """Delete the upstream's item."""
        gone = self._client.delete_item(
            TableName=self._table, Key=upstream_key(name), ReturnValues="ALL_OLD"
        )
        return "Attributes" in gone


def _upstream_item(upstream: Upstream) -> Item:
    item: Item = {
        **upstream_key(upstream.name),
        "base_url": text(upstream.base_url),
        "models": {"L": [text(pattern) for pattern in upstream.models]},
        "created_at": number(upstream.created_at),
        "auth": text(upstream.auth),
        "concurrency": number(upstream.concurrency),
        "timeout": number(upstream.timeout),
    }
    texts = {
        "secret_id": upstream.secret_id,
        "service": upstream.service,
        "model_name": upstream.model_name,
    }
    numbers = {
        "requests_per_minute": upstream.requests_per_minute,
        "tokens_per_minute": upstream.tokens_per_minute,
    }
    item |= {name: text(value) for name, value in texts.items() if value is not None}
    item |= {name: number(value) for name, value in numbers.items() if value is not None}
    return item


def _upstream_from(item: ItemRead) -> Upstream:
    return Upstream(
        name=item["sk"]["S"],
        base_url=item["base_url"]["S"],
        models=tuple(pattern["S"] for pattern in item["models"]["L"]),
        created_at=int(item["created_at"]["N"]),
        auth=Auth(item["auth"]["S"]),
        secret_id=optional_text(item, "secret_id"),
        service=optional_text(item, "service"),
        model_name=optional_text(item, "model_name"),
        concurrency=int(item["concurrency"]["N"]),
        requests_per_minute=optional_number(item, "requests_per_minute"),
        tokens_per_minute=optional_number(item, "tokens_per_minute"),
        timeout=int(item["timeout"]["N"]),
    )
