"""The records of files in the trash, in the Store table."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from larder.adapters.dynamodb.attributes import number, text
from larder.adapters.dynamodb.counters import put_new, release_quota, touch_version
from larder.adapters.dynamodb.files import refuse_closed_folder
from larder.adapters.dynamodb.folders import count_addition
from larder.adapters.dynamodb.items import file_item, trash_item, trashed_from
from larder.adapters.dynamodb.keys import file_id_of, item_key, trash_key
from larder.adapters.dynamodb.listings import IN_FOLDER, TRASH
from larder.adapters.dynamodb.pages import ListRead, read_list
from larder.adapters.dynamodb.transactions import ConditionsFailedError, transact
from larder.domain.quota import NOTHING
from larder.domain.trash import TrashedFile
from larder.services.space.ports import Page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from larder.domain.files import File
    from larder.domain.ids import FileId, TenantId
    from larder.services.clock import Clock
    from larder.services.space.ports import Position


class DynamoTrash:
    """`TrashRecords` on DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str, clock: Clock) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    def put(self, tenant: TenantId, files: Sequence[File], now: float) -> bool:
        """Delete each live item and put the trashed one, in one transaction.

        On condition that the item still says what was read, or else a change would be lost.
        """
        moves = [self._move(tenant, TrashedFile(file, deleted_at=int(now))) for file in files]
        return self._write([*chain.from_iterable(moves), touch_version(self._table, tenant)])

    def get(self, tenant: TenantId, file_id: FileId) -> TrashedFile | None:
        """Read the trashed file's record, strongly consistent."""
        item = self._client.get_item(
            TableName=self._table, Key=trash_key(tenant, file_id), ConsistentRead=True
        ).get("Item")
        return None if item is None else trashed_from(file_id, item)

    def page(
        self, tenant: TenantId, *, limit: int, after: Position | None, now: float
    ) -> Page[TrashedFile]:
        """Query the trash by the time of deletion, backwards."""
        read = ListRead(
            table=self._table,
            tenant=tenant,
            index=IN_FOLDER,
            scope=TRASH,
            descending=True,
            filter="expires_at > :now",
            values={":now": number(int(now))},
        )
        found = read_list(self._client, read, limit=limit, after=after)
        return Page(
            tuple(
                trashed_from(file_id, item) for item in found.items if (file_id := file_id_of(item))
            ),
            found.next,
        )

    def restore(self, tenant: TenantId, trashed: TrashedFile, file: File) -> bool:
        """Delete the trashed item, put the live one and enter its folder, in one transaction."""
        changes: list[TransactWriteItemTypeDef] = [
            self._deletion(tenant, trashed),
            put_new(self._table, file_item(tenant, file, int(self._clock()))),
            touch_version(self._table, tenant),
        ]
        if file.folder_id is not None:
            changes.append(count_addition(self._table, tenant, file.folder_id))
        try:
            transact(self._client, changes)
        except ConditionsFailedError as refused:
            if 0 in refused.items or 1 in refused.items:
                return False
            refuse_closed_folder(file, refused)
            raise
        return True

    def purge(self, tenant: TenantId, trashed: Sequence[TrashedFile]) -> bool:
        """Delete the items, write the ledger and give the amounts back, in one transaction."""
        amount = sum((gone.file.amount for gone in trashed), start=NOTHING)
        owners = [gone.file.id for gone in trashed]
        return self._write(
            [
                *(self._deletion(tenant, gone) for gone in trashed),
                *release_quota(
                    self._table, tenant, owners, amount, reserved=False, now=self._clock()
                ),
            ]
        )

    def _move(self, tenant: TenantId, trashed: TrashedFile) -> list[TransactWriteItemTypeDef]:
        file = trashed.file
        return [
            {
                "Delete": {
                    "TableName": self._table,
                    "Key": item_key(tenant, file.id),
                    "ConditionExpression": "revision = :revision AND #status = :status",
                    "ExpressionAttributeNames": {"#status": "status"},
                    "ExpressionAttributeValues": {
                        ":revision": number(file.revision),
                        ":status": text(file.status),
                    },
                }
            },
            put_new(self._table, trash_item(tenant, trashed)),
        ]

    def _deletion(self, tenant: TenantId, trashed: TrashedFile) -> TransactWriteItemTypeDef:
        return {
            "Delete": {
                "TableName": self._table,
                "Key": trash_key(tenant, trashed.file.id),
                # Who restores it counts the revision up: trashed again, it is another.
                "ConditionExpression": "revision = :revision",
                "ExpressionAttributeValues": {":revision": number(trashed.file.revision)},
            }
        }

    def _write(self, changes: list[TransactWriteItemTypeDef]) -> bool:
        try:
            transact(self._client, changes)
        except ConditionsFailedError:
            return False
        return True
