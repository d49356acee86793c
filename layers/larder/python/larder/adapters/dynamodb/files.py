"""File records in the Store table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.adapters.dynamodb.attributes import number, text
from larder.adapters.dynamodb.counters import admit, put_new, release_quota, take
from larder.adapters.dynamodb.file_pages import read_file_page
from larder.adapters.dynamodb.folders import count_addition
from larder.adapters.dynamodb.items import file_from, file_item
from larder.adapters.dynamodb.keys import (
    item_key,
    output_key,
    project_partition,
    trash_key,
)
from larder.adapters.dynamodb.listings import LISTINGS
from larder.adapters.dynamodb.transactions import ConditionsFailedError, snapshot, transact
from larder.domain.errors import NotFoundError, ProjectFullError
from larder.domain.files import File, FileStatus
from larder.domain.ids import ARTIFACT_PREFIX

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import (
        AttributeValueTypeDef,
        TransactWriteItemTypeDef,
    )

    from larder.domain.ids import FileId, TenantId
    from larder.services.clock import Clock
    from larder.services.files.ports import FilePage, PageQuery, Settlement

_STILL_UPLOADED = "#status = :uploaded"


_REVISED = ("filename", "folded", "folder_id", "tags", "favorite", "revised_at", "revision")


def refuse_closed_folder(file: File, refused: ConditionsFailedError) -> None:
    """Raise that the file's folder is gone, when that is the transaction's last condition.

    Raises:
        NotFoundError: it is; otherwise nothing happens.
    """
    if file.folder_id is not None and refused.items.keys() == {refused.size - 1}:
        raise NotFoundError("Folder", file.folder_id, param="folder_id") from refused


class DynamoFiles:
    """`FileRecords` on DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str, clock: Clock) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    def admit(self, tenant: TenantId, file: File) -> None:
        """Record a new file, take its amount and enter its folder, in one transaction."""
        puts = [put_new(self._table, file_item(tenant, file, file.created_at))]
        if file.folder_id is not None:
            puts.append(count_addition(self._table, tenant, file.folder_id))
        try:
            admit(self._client, take(self._table, tenant, file.amount), puts, file.amount)
        except ConditionsFailedError as refused:
            refuse_closed_folder(file, refused)
            raise

    def get(self, tenant: TenantId, file_id: FileId) -> File | None:
        """Read the file's record, strongly consistent."""
        item = self._client.get_item(
            TableName=self._table, Key=item_key(tenant, file_id), ConsistentRead=True
        ).get("Item")
        return None if item is None else file_from(file_id, item)

    def exists(self, tenant: TenantId, file_id: FileId) -> bool:
        """Read all keys that the file may have, at one moment.

        One after the other would miss a file that is restored between two reads.
        """
        keys = [
            item_key(tenant, file_id),
            trash_key(tenant, file_id),
            output_key(tenant, file_id),
        ]
        return any(item is not None for item in snapshot(self._client, self._table, keys))

    def count_artifacts(self, tenant: TenantId, most: int) -> int:
        """Query the project's partition once: `most` of them take up to 1 MB together."""
        return self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :artifacts)",
            ExpressionAttributeValues={
                ":pk": text(project_partition(tenant)),
                ":artifacts": text(ARTIFACT_PREFIX),
            },
            Select="COUNT",
            ConsistentRead=True,
            Limit=most,
        )["Count"]

    def page(self, tenant: TenantId, query: PageQuery, now: float) -> FilePage:
        """Read the page within bounds."""
        return read_file_page(self._client, self._table, tenant, query, now)

    def revise(self, tenant: TenantId, before: File, after: File) -> bool:
        """Update what differs in the lists and enter the new folder, in one transaction."""
        item = file_item(tenant, after, int(self._clock()))
        changed = [name for name in (*_REVISED, *LISTINGS) if name in item]
        changes = ", ".join(f"{name} = :{name}" for name in changed)
        removal = "" if after.folder_id is not None else " REMOVE folder_id"
        update: TransactWriteItemTypeDef = {
            "Update": {
                "TableName": self._table,
                "Key": item_key(tenant, after.id),
                "UpdateExpression": f"SET {changes}{removal}",
                "ConditionExpression": "revision = :seen",
                "ExpressionAttributeValues": {
                    ":seen": number(before.revision),
                    **{f":{name}": item[name] for name in changed},
                },
            }
        }
        entering = []
        if after.folder_id is not None and after.folder_id != before.folder_id:
            entering.append(count_addition(self._table, tenant, after.folder_id))
        try:
            transact(self._client, [update, *entering])
        except ConditionsFailedError as refused:
            if 0 in refused.items:
                return False
            refuse_closed_folder(after, refused)
            raise
        return True

    def settle(self, tenant: TenantId, file: File, settlement: Settlement) -> bool:
        """Set the settlement while the file is `uploaded`; from then on only its expiry is due.

        A full partition takes only what makes an item smaller. So the file of a full project loses
        its place in the index of what is due, and gets its status alone. Once it has expired, the
        table's TTL collects it.
        """
        changes = ["#status = :status"]
        removals = ""
        values = {":status": text(settlement.status), ":uploaded": text(FileStatus.UPLOADED)}
        if settlement.details is not None:
            changes.append("status_details = :details")
            values[":details"] = text(settlement.details)
        if settlement.sha256 is not None:
            changes.append("sha256 = :sha256")
            values[":sha256"] = text(settlement.sha256)
        if file.expires_at is None:
            removals = " REMOVE due_shard, due_at"
        else:
            changes.append("due_at = :due_at")
            values[":due_at"] = number(file.expires_at)
        expression = "SET " + ", ".join(changes) + removals
        try:
            return self._update_uploaded(tenant, file.id, expression, values)
        except ProjectFullError:
            return self._update_uploaded(
                tenant,
                file.id,
                "SET #status = :status REMOVE due_shard, due_at",
                {name: values[name] for name in (":status", ":uploaded")},
            )

    def reschedule_check(self, tenant: TenantId, file_id: FileId, at: int) -> None:
        """Move the time at which the sweeper looks at the file, while it is `uploaded`."""
        self._update_uploaded(
            tenant,
            file_id,
            "SET due_at = :due_at",
            {":due_at": number(at), ":uploaded": text(FileStatus.UPLOADED)},
        )

    def release(self, tenant: TenantId, file: File) -> bool:
        """Delete the record, write the ledger and give the amount back, in one transaction."""
        delete: TransactWriteItemTypeDef = {
            "Delete": {
                "TableName": self._table,
                "Key": item_key(tenant, file.id),
                "ConditionExpression": "attribute_exists(pk)",
            }
        }
        return self._give_back(tenant, file, [delete])

    def release_quota(self, tenant: TenantId, file: File, gone_at: float) -> bool:
        """Write the ledger and give the amount back, in one transaction."""
        return self._give_back(tenant, file, [], gone_at)

    def _give_back(
        self,
        tenant: TenantId,
        file: File,
        first: list[TransactWriteItemTypeDef],
        gone_at: float | None = None,
    ) -> bool:
        back = release_quota(
            self._table,
            tenant,
            [file.id],
            file.amount,
            reserved=False,
            now=self._clock(),
            gone_at=gone_at,
        )
        try:
            transact(self._client, [*first, *back])
        except ConditionsFailedError:
            return False
        return True

    def _update_uploaded(
        self,
        tenant: TenantId,
        file_id: FileId,
        expression: str,
        values: dict[str, AttributeValueTypeDef],
    ) -> bool:
        update: TransactWriteItemTypeDef = {
            "Update": {
                "TableName": self._table,
                "Key": item_key(tenant, file_id),
                "UpdateExpression": expression,
                "ConditionExpression": _STILL_UPLOADED,
                "ExpressionAttributeNames": {"#status": "status"},
                "ExpressionAttributeValues": values,
            }
        }
        try:
            # A transaction of one, for its patience: a delete may be under way.
            transact(self._client, [update])
        except ConditionsFailedError:
            return False
        return True
