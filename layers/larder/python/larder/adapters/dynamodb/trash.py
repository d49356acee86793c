"""The records of files in the trash, in the Store table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.adapters.dynamodb.attributes import number
from larder.adapters.dynamodb.counters import put_new, release_quota, touch_version
from larder.adapters.dynamodb.files import refuse_closed_folder
from larder.adapters.dynamodb.folders import count_addition
from larder.adapters.dynamodb.items import file_item, trashed_from
from larder.adapters.dynamodb.keys import file_id_of, trash_key
from larder.adapters.dynamodb.listings import IN_FOLDER, TRASH, trashed_scope
from larder.adapters.dynamodb.pages import ListRead, read_list
from larder.adapters.dynamodb.transactions import ConditionsFailedError, transact
from larder.adapters.dynamodb.trash_moves import move_to_trash
from larder.adapters.dynamodb.trashed_items import (
    amount_of,
    change_root,
    in_state,
    removal_from_trash,
    trashed_folder_from,
)
from larder.domain.quota import NOTHING
from larder.domain.trash import TrashedFile, TrashState
from larder.services.space.ports import Page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from larder.domain.files import File
    from larder.domain.ids import FileId, FolderId, TenantId
    from larder.domain.quota import Amount
    from larder.domain.trash import TrashedFolder
    from larder.services.clock import Clock
    from larder.services.space.ports import Position


_KEEPS_ITS_FILES = (TrashState.FILLING, TrashState.KEPT)
_LOSES_ITS_FILES = (*_KEEPS_ITS_FILES, TrashState.PURGING)


class DynamoTrash:
    """`TrashRecords` on DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str, clock: Clock) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    def put(
        self,
        tenant: TenantId,
        files: Sequence[File],
        now: float,
        *,
        within: TrashedFolder | None = None,
    ) -> bool:
        """Delete each live item and put the trashed one, in one transaction."""
        changes = [touch_version(self._table, tenant)]
        deleted_at, root_id = int(now), None
        if within is not None:
            deleted_at, root_id = within.deleted_at, within.folder.id
            changes.append(in_state(self._table, tenant, within, files=amount_of(files)))
        for file in files:
            changes += move_to_trash(self._table, tenant, TrashedFile(file, deleted_at, root_id))
        return self._write(changes)

    def get(self, tenant: TenantId, file_id: FileId) -> TrashedFile | None:
        """Read the trashed file's record, strongly consistent."""
        item = self._client.get_item(
            TableName=self._table, Key=trash_key(tenant, file_id), ConsistentRead=True
        ).get("Item")
        return None if item is None else trashed_from(file_id, item)

    def page(
        self,
        tenant: TenantId,
        *,
        limit: int,
        after: Position | None,
        now: float,
        folder: FolderId | None = None,
    ) -> Page[TrashedFile | TrashedFolder]:
        """Query the trash by the time of deletion, or what lay in a folder, backwards.

        What a folder took along has no `expires_at` if it is a folder: it goes with that one.
        """
        read = ListRead(
            table=self._table,
            tenant=tenant,
            index=IN_FOLDER,
            scope=TRASH if folder is None else trashed_scope(folder),
            descending=True,
            filter="attribute_not_exists(expires_at) OR expires_at > :now",
            values={":now": number(int(now))},
        )
        found = read_list(self._client, read, limit=limit, after=after)
        return Page(
            tuple(
                trashed_folder_from(item)
                if (file_id := file_id_of(item)) is None
                else trashed_from(file_id, item)
                for item in found.items
            ),
            found.next,
        )

    def restore(self, tenant: TenantId, trashed: TrashedFile, file: File) -> bool:
        """Delete the trashed item, put the live one and enter its folder, in one transaction."""
        changes: list[TransactWriteItemTypeDef] = [
            removal_from_trash(self._table, tenant, trashed),
            put_new(self._table, file_item(tenant, file, int(self._clock()))),
            touch_version(self._table, tenant),
        ]
        if trashed.within is not None:
            changes.append(self._off(tenant, trashed.within, file.amount, _KEEPS_ITS_FILES))
        if file.folder_id is not None:
            changes.append(count_addition(self._table, tenant, file.folder_id))
        try:
            transact(self._client, changes)
        except ConditionsFailedError as refused:
            if file.folder_id is None or refused.items.keys() != {refused.size - 1}:
                return False
            refuse_closed_folder(file, refused)
            raise
        return True

    def purge(self, tenant: TenantId, trashed: Sequence[TrashedFile]) -> bool:
        """Delete the items, write the ledger and give the amounts back, in one transaction.

        It takes them off the folder that they are within. That is gone if TTL collected it before.
        """
        amount = amount_of([gone.file for gone in trashed])
        owners = [gone.file.id for gone in trashed]
        changes = [
            *(removal_from_trash(self._table, tenant, gone) for gone in trashed),
            *release_quota(self._table, tenant, owners, amount, reserved=False, now=self._clock()),
        ]
        root_id = trashed[0].within
        if root_id is None:
            return self._write(changes)
        off = self._off(tenant, root_id, amount, _LOSES_ITS_FILES)
        try:
            transact(self._client, [off, *changes])
        except ConditionsFailedError as refused:
            return refused.items == {0: {}} and self._write(changes)
        return True

    def _off(
        self, tenant: TenantId, root_id: FolderId, amount: Amount, states: Sequence[TrashState]
    ) -> TransactWriteItemTypeDef:
        return change_root(self._table, tenant, root_id, states, files=NOTHING - amount)

    def _write(self, changes: list[TransactWriteItemTypeDef]) -> bool:
        try:
            transact(self._client, changes)
        except ConditionsFailedError:
            return False
        return True
