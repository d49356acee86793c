"""The projects' counters in the Store table, and their recount."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import batched
from typing import TYPE_CHECKING

from larder.adapters.dynamodb.attributes import number, optional_number, text
from larder.adapters.dynamodb.counters import usage_from
from larder.adapters.dynamodb.deadlines import expired_keys
from larder.adapters.dynamodb.keys import (
    DAY_PREFIX,
    counted_id_of,
    day_key,
    project_partition,
    upload_id_of,
    usage_key,
    usage_partition,
)
from larder.adapters.dynamodb.transactions import ConditionsFailedError, snapshot, transact
from larder.domain.files import DAY
from larder.domain.quota import NOTHING, Amount, Usage, one_file
from larder.domain.uploads import UploadStatus
from larder.services.projects.ports import Count, Recount, UsageDay

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import (
        AttributeValueTypeDef,
        QueryInputTypeDef,
        TransactWriteItemTypeDef,
    )

    from larder.adapters.dynamodb.attributes import Item
    from larder.domain.ids import TenantId

_READ_AT_ONCE = 25
_DAYS_KEPT = 366


class DynamoUsage:
    """`UsageRecords` on DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def get(self, tenant: TenantId) -> Usage | None:
        """Read the project's counters, strongly consistent."""
        item = self._client.get_item(
            TableName=self._table, Key=usage_key(tenant), ConsistentRead=True
        ).get("Item")
        return None if item is None else usage_from(item)

    def keep_day(self, tenant: TenantId, day: UsageDay) -> None:
        """Put the day's item, which expires after a year."""
        end = int(datetime.fromisoformat(day.date).replace(tzinfo=UTC).timestamp()) + DAY
        item: Item = {
            **day_key(tenant, day.date),
            "files": number(day.used.files),
            "bytes": number(day.used.bytes),
            "ttl": number(end + _DAYS_KEPT * DAY),
        }
        self._client.put_item(TableName=self._table, Item=item)

    def days(self, tenant: TenantId, since: str) -> list[UsageDay]:
        """Query the days' items in one read: a year of them is 40 KB."""
        answer = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND sk BETWEEN :since AND :end",
            ExpressionAttributeValues={
                ":pk": text(usage_partition(tenant)),
                ":since": text(DAY_PREFIX + since),
                ":end": text(DAY_PREFIX + "~"),
            },
            ConsistentRead=True,
        )
        return [
            UsageDay(
                item["sk"]["S"].removeprefix(DAY_PREFIX),
                Amount(files=int(item["files"]["N"]), bytes=int(item["bytes"]["N"])),
            )
            for item in answer["Items"]
        ]

    def recount(self, tenant: TenantId) -> Count:
        """Query the project's whole partition and add up its files and pending uploads."""
        whole = Recount(0, Count(used=NOTHING, reserved=NOTHING), after="")
        return self.go_on_counting(tenant, whole, keep_going=lambda: True).counted

    def go_on_counting(
        self, tenant: TenantId, begun: Recount, *, keep_going: Callable[[], bool]
    ) -> Recount:
        """Query the project's partition from `after` on, a page of up to 1 MB at a time."""
        used, reserved = begun.counted.used, begun.counted.reserved
        first_expiry = begun.counted.first_expiry
        partition = text(project_partition(tenant))
        request: QueryInputTypeDef = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeNames": {"#bytes": "bytes", "#status": "status"},
            "ExpressionAttributeValues": {":pk": partition},
            "ProjectionExpression": "pk, sk, #bytes, #status, expires_at",
            "ConsistentRead": True,
        }
        after = begun.after
        while after is not None:
            if after:
                request["ExclusiveStartKey"] = {"pk": partition, "sk": text(after)}
            answer = self._client.query(**request)
            for item in answer["Items"]:
                if counted_id_of(item) is not None:
                    used += one_file(int(item["bytes"]["N"]))
                elif upload_id_of(item) is not None and item["status"]["S"] == UploadStatus.PENDING:
                    reserved += one_file(int(item["bytes"]["N"]))
                else:
                    continue
                expiry = optional_number(item, "expires_at")
                if expiry is not None:
                    first_expiry = expiry if first_expiry is None else min(first_expiry, expiry)
            after = answer["LastEvaluatedKey"]["sk"]["S"] if "LastEvaluatedKey" in answer else None
            if not keep_going():
                break
        counted = Count(used=used, reserved=reserved, first_expiry=first_expiry)
        return Recount(begun.version, counted, after)

    def keep_recount(self, tenant: TenantId, unfinished: Recount) -> None:
        """Set it on the counters' item."""
        counted = unfinished.counted
        self._update(
            tenant,
            "SET recount = :recount",
            {
                ":recount": {
                    "M": {
                        "version": number(unfinished.version),
                        "after": text(unfinished.after or ""),
                        "files": number(counted.used.files),
                        "bytes": number(counted.used.bytes),
                        "files_reserved": number(counted.reserved.files),
                        "bytes_reserved": number(counted.reserved.bytes),
                    }
                }
            },
        )

    def kept_recount(self, tenant: TenantId) -> Recount | None:
        """Read it from the counters' item, strongly consistent."""
        item = self._client.get_item(
            TableName=self._table, Key=usage_key(tenant), ConsistentRead=True
        ).get("Item", {})
        if "recount" not in item:
            return None
        kept = item["recount"]["M"]

        def amount(suffix: str) -> Amount:
            return Amount(int(kept[f"files{suffix}"]["N"]), int(kept[f"bytes{suffix}"]["N"]))

        return Recount(
            version=int(kept["version"]["N"]),
            counted=Count(used=amount(""), reserved=amount("_reserved")),
            after=kept["after"]["S"],
        )

    def expired_files(
        self, tenant: TenantId, now: float, *, keep_going: Callable[[], bool]
    ) -> Amount:
        """Read the records that `by_expiry` shows, 25 at one moment."""
        amount = NOTHING
        keys = (
            key
            for key in expired_keys(self._client, self._table, tenant, now)
            if counted_id_of(key) is not None
        )
        for some in batched(keys, _READ_AT_ONCE, strict=False):
            if not keep_going():
                break
            records = [{"pk": key["pk"], "sk": key["sk"]} for key in some]
            for item in snapshot(self._client, self._table, records):
                # The index shows what has been released or restored for a moment longer.
                expires_at = None if item is None else optional_number(item, "expires_at")
                if item is not None and expires_at is not None and expires_at <= now:
                    amount += one_file(int(item["bytes"]["N"]))
        return amount

    def set_counted(self, tenant: TenantId, version: int, counted: Count, at: int) -> bool:
        """Write the counters on condition of their version, in a transaction of one."""
        update: TransactWriteItemTypeDef = {
            "Update": {
                "TableName": self._table,
                "Key": usage_key(tenant),
                "UpdateExpression": (
                    "SET files_left = files_limit - :files, bytes_left = bytes_limit - :bytes, "
                    "files_reserved = :files_reserved, bytes_reserved = :bytes_reserved, "
                    "recounted_at = :at, version = version + :one"
                ),
                "ConditionExpression": "version = :version",
                "ExpressionAttributeValues": {
                    ":files": number(counted.used.files + counted.reserved.files),
                    ":bytes": number(counted.used.bytes + counted.reserved.bytes),
                    ":files_reserved": number(counted.reserved.files),
                    ":bytes_reserved": number(counted.reserved.bytes),
                    ":at": number(at),
                    ":one": number(1),
                    ":version": number(version),
                },
            }
        }
        try:
            transact(self._client, [update])
        except ConditionsFailedError:
            return False
        return True

    def schedule_audit(self, tenant: TenantId, at: int) -> None:
        """Set when the counters are due for their next audit, which counts from the start."""
        self._update(tenant, "SET due_at = :at REMOVE recount", {":at": number(at)})

    def _update(
        self, tenant: TenantId, expression: str, values: dict[str, AttributeValueTypeDef]
    ) -> None:
        update: TransactWriteItemTypeDef = {
            "Update": {
                "TableName": self._table,
                "Key": usage_key(tenant),
                "UpdateExpression": expression,
                "ConditionExpression": "attribute_exists(pk)",
                "ExpressionAttributeValues": values,
            }
        }
        # A transaction of one, for its patience with the others that change this item.
        transact(self._client, [update])
