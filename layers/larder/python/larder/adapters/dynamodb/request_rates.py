"""What API keys ask for, counted in the Rates table by key and second."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.adapters.dynamodb.attributes import number, text

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_KEPT_SECONDS = 3_600


class DynamoRequestRates:
    """`RequestRates` on DynamoDB: one update, unconditional, of an item for each second."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def add(self, key_id: str, second: int, requests: int) -> int:
        """Add to the counter of that second."""
        answer = self._client.update_item(
            TableName=self._table,
            Key={"pk": text(f"{key_id}#{second}")},
            UpdateExpression="ADD requests :requests SET #ttl = :ttl",
            ExpressionAttributeNames={"#ttl": "ttl"},
            ExpressionAttributeValues={
                ":requests": number(requests),
                ":ttl": number(second + _KEPT_SECONDS),
            },
            ReturnValues="UPDATED_NEW",
        )
        return int(answer["Attributes"]["requests"]["N"])
