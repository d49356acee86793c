"""How many batches projects may run, as operators set it: with its entry in their log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.adapters.dynamodb.admin_log import put_entries
from larder.adapters.dynamodb.attributes import number
from larder.adapters.dynamodb.batch_limits import DynamoBatchLimits
from larder.adapters.dynamodb.keys import batches_key
from larder.adapters.dynamodb.transactions import transact

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from larder.domain.admin_log import LogEntry
    from larder.domain.ids import TenantId


class DynamoBatchLimitRecords(DynamoBatchLimits):
    """`BatchLimitRecords` on DynamoDB."""

    def set(
        self,
        tenant: TenantId,
        *,
        batches: int | None,
        requests: int | None,
        entry: LogEntry | None = None,
    ) -> None:
        """Set what is given, in a transaction for its patience."""
        limits = {"running_limit": batches, "requests_limit": requests}
        given = {name: number(limit) for name, limit in limits.items() if limit is not None}
        update: TransactWriteItemTypeDef = {
            "Update": {
                "TableName": self._table,
                "Key": batches_key(tenant),
                "UpdateExpression": "SET " + ", ".join(f"{name} = :{name}" for name in given),
                "ExpressionAttributeValues": {f":{name}": value for name, value in given.items()},
            }
        }
        transact(self._client, [update, *put_entries(self._table, entry)])
