"""What upstreams are asked for, counted in the Store table by window."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from larder.adapters.dynamodb.attributes import number, optional_number
from larder.adapters.dynamodb.keys import rate_key
from larder.domain.rate_windows import RateWindow, window_at
from larder.services.batches.model_ports import Grant

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import UpdateItemInputTypeDef

    from larder.adapters.dynamodb.attributes import ItemRead
    from larder.domain.upstreams import Upstream

_KEPT_SECONDS = 3_600


class DynamoRateLimits:
    """`RateLimits` on DynamoDB: one update where there is room, another one where there is less."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def take(self, upstream: Upstream, now: float, *, requests: int, tokens: int) -> Grant:
        """Add to the window's counters, on condition that they stay within its limits."""
        window = window_at(upstream, now)
        fitting = window.fitting(requests, tokens, 0, 0)
        while fitting > 0:
            held = self._take(upstream.name, window, fitting, tokens)
            if held is None:
                break
            used = [optional_number(held, name) or 0 for name in ("requests", "tokens")]
            fitting = window.fitting(fitting, tokens, *used)
        return Grant(fitting, float(window.end))

    def _take(self, name: str, window: RateWindow, count: int, tokens: int) -> ItemRead | None:
        """Take that many requests; return the counters when they leave no room for them."""
        charges = window.charges(count * tokens)
        update = self._addition(name, window.start, count, charges.pop(window.start))
        conditions, most = [], {}
        if window.requests is not None:
            conditions.append("(attribute_not_exists(requests) OR requests <= :most_requests)")
            most[":most_requests"] = number(window.requests - count)
        if window.tokens is not None:
            conditions.append("(attribute_not_exists(tokens) OR tokens <= :most_tokens)")
            room = window.tokens - (1 if tokens > window.tokens else count * tokens)
            most[":most_tokens"] = number(room)
        if conditions:
            update["ConditionExpression"] = " AND ".join(conditions)
            update["ExpressionAttributeValues"] = {**update["ExpressionAttributeValues"], **most}
            update["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        try:
            self._client.update_item(**update)
        except self._client.exceptions.ConditionalCheckFailedException as refused:
            # The stubs know of no item beside the error.
            return cast("ItemRead", refused.response["Item"])  # type: ignore[typeddict-item]
        for start, charged in charges.items():
            self._client.update_item(**self._addition(name, start, 0, charged))
        return None

    def _addition(
        self, name: str, start: int, requests: int, tokens: int
    ) -> UpdateItemInputTypeDef:
        return {
            "TableName": self._table,
            "Key": rate_key(name, start),
            "UpdateExpression": "ADD requests :requests, tokens :tokens SET #ttl = :ttl",
            "ExpressionAttributeNames": {"#ttl": "ttl"},
            "ExpressionAttributeValues": {
                ":requests": number(requests),
                ":tokens": number(tokens),
                ":ttl": number(start + _KEPT_SECONDS),
            },
        }
