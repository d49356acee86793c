"""Tables restored from point-in-time recovery, ready to become part of a stack."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

from larder_operator.deployment import operator_client

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient

_POLL_SECONDS = 15
_HALF_A_DAY = 12 * 3_600 // _POLL_SECONDS


class Tables:
    """The tables of an account."""

    def __init__(self) -> None:
        self._client = cast("DynamoDBClient", operator_client("dynamodb"))

    def restore(self, source: str, target: str, at: datetime | None) -> bool:
        """Make `target` what `source` was at a time, None for now; False if it exists already."""
        when: dict[str, Any] = (
            {"UseLatestRestorableTime": True} if at is None else {"RestoreDateTime": at}
        )
        try:
            self._client.restore_table_to_point_in_time(
                SourceTableName=source, TargetTableName=target, **when
            )
        except self._client.exceptions.TableAlreadyExistsException:
            return False
        return True

    def set_up(self, table: str, properties: dict[str, Any]) -> None:
        """Give a restored table what the template says and a restore leaves out.

        These are the stream, TTL and point-in-time recovery. Waits until the table exists. Does
        nothing that is done already.
        https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/PointInTimeRecovery_Howitworks.html
        """
        self._wait(table)
        stream = properties.get("StreamSpecification")
        found = self._client.describe_table(TableName=table)["Table"]
        if stream is not None and not found.get("StreamSpecification", {}).get("StreamEnabled"):
            specification: Any = {"StreamEnabled": True, **stream}
            self._client.update_table(TableName=table, StreamSpecification=specification)
            self._wait(table)
        ttl = properties.get("TimeToLiveSpecification")
        if ttl is not None and not self._has_ttl(table):
            self._client.update_time_to_live(TableName=table, TimeToLiveSpecification=ttl)
        self._client.update_continuous_backups(
            TableName=table,
            PointInTimeRecoverySpecification=properties["PointInTimeRecoverySpecification"],
        )

    def delete(self, table: str) -> None:
        """Delete the table, if it exists."""
        with suppress(self._client.exceptions.ResourceNotFoundException):
            self._client.delete_table(TableName=table)

    def _has_ttl(self, table: str) -> bool:
        found = self._client.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
        return found.get("TimeToLiveStatus") in {"ENABLED", "ENABLING"}

    def _wait(self, table: str) -> None:
        self._client.get_waiter("table_exists").wait(
            TableName=table, WaiterConfig={"Delay": _POLL_SECONDS, "MaxAttempts": _HALF_A_DAY}
        )
