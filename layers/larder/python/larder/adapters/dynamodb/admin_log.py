"""The operators' log in the Store table: an entry is written with the change that it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.adapters.dynamodb.attributes import number, optional_text, text
from larder.adapters.dynamodb.keys import LOG, log_key
from larder.domain.admin_log import LOG_SECONDS, Actor, LogEntry
from larder.domain.ids import LOG_PREFIX
from larder.services.projects.ports import LogPage

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from larder.adapters.dynamodb.attributes import Item, ItemRead


def put_entries(table: str, *entries: LogEntry | None) -> list[TransactWriteItemTypeDef]:
    """Return what puts the entries in a transaction, besides the change; None puts nothing."""
    return [{"Put": {"TableName": table, "Item": _item(each)}} for each in entries if each]


class DynamoAdminLog:
    """`AdminLog` on DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def page(self, *, limit: int, after: str | None) -> LogPage:
        """Query the log, strongly consistent, the newest entry first."""
        items: list[ItemRead] = []
        before = after or LOG_PREFIX + "~"
        while len(items) <= limit:
            answer = self._client.query(
                TableName=self._table,
                KeyConditionExpression="pk = :log AND sk < :before",
                ExpressionAttributeValues={":log": text(LOG), ":before": text(before)},
                ScanIndexForward=False,
                ConsistentRead=True,
                Limit=limit + 1 - len(items),
            )
            items += answer["Items"]
            if "LastEvaluatedKey" not in answer:
                break
            before = answer["LastEvaluatedKey"]["sk"]["S"]
        return LogPage([_entry(item) for item in items[:limit]], has_more=len(items) > limit)


def _item(entry: LogEntry) -> Item:
    item: Item = {
        **log_key(entry.id),
        "at": number(entry.at),
        "ttl": number(entry.at + LOG_SECONDS),
        "event": text(entry.action),
        "actor": text(entry.actor.id),
        "target": text(entry.target),
        "project": text(entry.project),
        "details": {"M": {name: text(value) for name, value in entry.details.items()}},
    }
    if entry.actor.request_id is not None:
        item["request_id"] = text(entry.actor.request_id)
    return item


def _entry(item: ItemRead) -> LogEntry:
    return LogEntry(
        id=item["sk"]["S"],
        at=int(item["at"]["N"]),
        action=item["event"]["S"],  # type: ignore[arg-type]
        actor=Actor(item["actor"]["S"], optional_text(item, "request_id")),
        target=item["target"]["S"],
        project=item["project"]["S"],
        details={name: value["S"] for name, value in item["details"]["M"].items()},
    )
