"""Reads of items by their keys, many at once."""

from __future__ import annotations

from itertools import batched
from typing import TYPE_CHECKING

from larder.adapters.dynamodb.keys import item_key
from larder.domain.errors import ContentionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import (
        KeysAndAttributesOutputTypeDef,
        KeysAndAttributesTypeDef,
    )

    from larder.adapters.dynamodb.attributes import ItemRead
    from larder.domain.ids import FileId, TenantId

_BATCH = 100
"""What one BatchGetItem takes."""

_ROUNDS = 5


def read_items[Id: FileId](
    client: DynamoDBClient, table: str, tenant: TenantId, ids: Sequence[Id]
) -> Iterator[tuple[Id, ItemRead]]:
    """Yield the items that exist, strongly consistent, in the order of their ids.

    Raises:
        ContentionError: DynamoDB has no capacity for them.
    """
    for wanted in batched(ids, _BATCH, strict=False):
        read: dict[str, ItemRead] = {}
        keys: KeysAndAttributesTypeDef = {
            "Keys": [item_key(tenant, each) for each in wanted],
            "ConsistentRead": True,
        }
        request: Mapping[str, KeysAndAttributesTypeDef | KeysAndAttributesOutputTypeDef]
        request = {table: keys}
        for _ in range(_ROUNDS):
            answer = client.batch_get_item(RequestItems=request)
            read |= {item["sk"]["S"]: item for item in answer["Responses"].get(table, [])}
            # What DynamoDB had no capacity for at the moment.
            request = answer["UnprocessedKeys"]
            if not request:
                break
        else:
            raise ContentionError
        yield from ((each, read[each]) for each in wanted if each in read)
