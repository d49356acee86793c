"""What the file manager keeps in the Store table: its actions, and who has read text."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import msgspec

from larder.adapters.dynamodb.attributes import number, text
from larder.adapters.dynamodb.keys import action_key, chat_partition, reading_key
from larder.domain.edits import Edit
from larder.domain.ids import ACTION_PREFIX
from larder.services.chat.ports import LOG_SECONDS, Action
from larder.services.space.ports import Page, Position

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef

    from larder.adapters.dynamodb.attributes import Item, ItemRead
    from larder.domain.ids import TenantId

_EDITS = msgspec.json.Decoder(tuple[Edit, ...])


class DynamoActionLog:
    """`ActionLog` on DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def add(self, tenant: TenantId, action: Action) -> bool:
        """Put the action on condition that it is new."""
        attempt = secrets.token_hex(8)
        try:
            # A retry of a request whose answer was lost puts the same item again.
            self._client.put_item(
                TableName=self._table,
                Item={**_item(tenant, action), "attempt": text(attempt)},
                ConditionExpression="attribute_not_exists(pk) OR attempt = :attempt",
                ExpressionAttributeValues={":attempt": text(attempt)},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def amend(self, tenant: TenantId, action: Action) -> None:
        """Put the action."""
        self._client.put_item(TableName=self._table, Item=_item(tenant, action))

    def get(self, tenant: TenantId, action_id: str) -> Action | None:
        """Read the action, strongly consistent."""
        item = self._client.get_item(
            TableName=self._table, Key=action_key(tenant, action_id), ConsistentRead=True
        ).get("Item")
        return None if item is None else _action(item)

    def page(
        self, tenant: TenantId, *, limit: int, after: Position | None, now: float
    ) -> Page[Action]:
        """Query the actions backwards: their ids sort by time, so the expired ones come last."""
        query: QueryInputTypeDef = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk AND begins_with(sk, :actions)",
            "ExpressionAttributeValues": {
                ":pk": text(chat_partition(tenant)),
                ":actions": text(ACTION_PREFIX),
            },
            "ScanIndexForward": False,
            "ConsistentRead": True,
            "Limit": limit,
        }
        if after is not None:
            query["ExclusiveStartKey"] = action_key(tenant, after.id)
        answer = self._client.query(**query)
        found = [_action(item) for item in answer["Items"]]
        kept = tuple(action for action in found if action.at + LOG_SECONDS > now)
        more = "LastEvaluatedKey" in answer and len(kept) == len(found)
        return Page(kept, Position(kept[-1].id, "") if more and kept else None)


class DynamoReadings:
    """`Readings` on DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def note(self, tenant: TenantId, key_id: str, until: int) -> None:
        """Put the time until which it holds."""
        item = {**reading_key(tenant, key_id), "until": number(until), "ttl": number(until)}
        self._client.put_item(TableName=self._table, Item=item)

    def noted(self, tenant: TenantId, key_id: str, now: float) -> bool:
        """Read that time, strongly consistent."""
        item = self._client.get_item(
            TableName=self._table, Key=reading_key(tenant, key_id), ConsistentRead=True
        ).get("Item")
        return item is not None and int(item["until"]["N"]) > now


def _item(tenant: TenantId, action: Action) -> Item:
    return {
        **action_key(tenant, action.id),
        "tool": text(action.tool),
        "summary": text(action.summary),
        "at": number(action.at),
        "undo": text(msgspec.json.encode(action.undo).decode()),
        "ttl": number(action.at + LOG_SECONDS),
    }


def _action(item: ItemRead) -> Action:
    return Action(
        id=item["sk"]["S"],
        tool=item["tool"]["S"],
        summary=item["summary"]["S"],
        at=int(item["at"]["N"]),
        undo=_EDITS.decode(item["undo"]["S"]),
    )
