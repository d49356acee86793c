"""The records of folders in the trash, and the moves of folders there and back.

Each transaction that is part of a move changes the folder that was deleted itself, the root, on
condition that it is in the state and of the version that was read. So whoever is late does nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from larder.adapters.dynamodb.attributes import number, text
from larder.adapters.dynamodb.counters import put_new, touch_version
from larder.adapters.dynamodb.folders import count_addition, folder_item, tree_change
from larder.adapters.dynamodb.items import file_item, trashed_from
from larder.adapters.dynamodb.keys import (
    due_shard,
    file_id_of,
    item_key,
    project_partition,
    trash_key,
)
from larder.adapters.dynamodb.listings import (
    IN_FOLDER,
    IN_FOLDER_BY_NAME,
    taken_scope,
    trashed_scope,
)
from larder.adapters.dynamodb.transactions import ConditionsFailedError, transact
from larder.adapters.dynamodb.trashed_items import (
    amount_of,
    closing,
    deletion,
    in_state,
    removal_from_trash,
    removal_of_closed,
    trashed_folder_from,
    trashed_folder_item,
)
from larder.domain.ids import FILE_PREFIX
from larder.domain.quota import NOTHING
from larder.domain.trash import TrashedFolder, TrashState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import (
        AttributeValueTypeDef,
        TransactWriteItemTypeDef,
    )

    from larder.domain.files import File
    from larder.domain.folders import Folder
    from larder.domain.ids import FolderId, TenantId
    from larder.domain.trash import TrashedFile
    from larder.services.clock import Clock


class DynamoFolderTrash:
    """`FolderTrash` on DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str, clock: Clock) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    def get(self, tenant: TenantId, folder_id: FolderId) -> TrashedFolder | None:
        """Read the trashed folder's record, strongly consistent."""
        item = self._client.get_item(
            TableName=self._table, Key=trash_key(tenant, folder_id), ConsistentRead=True
        ).get("Item")
        return None if item is None else trashed_folder_from(item)

    def begin(
        self, tenant: TenantId, root: TrashedFolder, others: Sequence[FolderId], due_at: int
    ) -> bool:
        """Put the record and close the folders, on condition that the tree has not changed."""
        first = closing(self._table, tenant, root, root.folder.id)
        first["Update"]["UpdateExpression"] += ", due_shard = :shard, due_at = :due_at"
        first["Update"]["ExpressionAttributeValues"] = {
            **first["Update"]["ExpressionAttributeValues"],
            ":shard": text(due_shard(root.folder.id)),
            ":due_at": number(due_at),
        }
        return self._write(
            tree_change(self._table, tenant, root.version),
            put_new(self._table, trashed_folder_item(tenant, root)),
            first,
            *(closing(self._table, tenant, root, each) for each in others),
        )

    def close(self, tenant: TenantId, root: TrashedFolder, folders: Sequence[FolderId]) -> bool:
        """Mark the folders, and change the tree's version for those who read it before."""
        return self._write(
            in_state(self._table, tenant, root),
            tree_change(self._table, tenant),
            *(closing(self._table, tenant, root, each) for each in folders),
        )

    def keep(self, tenant: TenantId, root: TrashedFolder, folder: Folder) -> bool:
        """Delete the folder's item and put the trashed one, in one transaction."""
        taken = TrashedFolder(folder, root.deleted_at, within=root.folder.id)
        return self._write(
            in_state(self._table, tenant, root),
            tree_change(self._table, tenant),
            removal_of_closed(self._table, tenant, root, folder.id),
            put_new(self._table, trashed_folder_item(tenant, taken)),
        )

    def finish(self, tenant: TenantId, root: TrashedFolder) -> bool:
        """Delete the folder's item, and set the state of the trashed one."""
        return self._write(
            self._update_root(
                tenant, root, "SET trash_state = :next", {":next": text(TrashState.KEPT)}
            ),
            tree_change(self._table, tenant),
            removal_of_closed(self._table, tenant, root, root.folder.id),
        )

    def turn(self, tenant: TenantId, root: TrashedFolder, state: TrashState, due_at: int) -> bool:
        """Set the state, and take the record out of the list and of what expires."""
        return self._write(
            self._update_root(
                tenant,
                root,
                f"SET trash_state = :next, due_at = :due_at REMOVE {IN_FOLDER}, expires_at, #ttl",
                {":next": text(state), ":due_at": number(due_at)},
                {"#ttl": "ttl"},
            )
        )

    def reschedule(self, tenant: TenantId, root: TrashedFolder, due_at: int) -> None:
        """Set when the record is due, in a transaction of one for its patience."""
        self._write(
            self._update_root(tenant, root, "SET due_at = :due_at", {":due_at": number(due_at)})
        )

    def folders_in(self, tenant: TenantId, root_id: FolderId) -> list[TrashedFolder]:
        """Query the folders that were taken along."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName=IN_FOLDER_BY_NAME,
            KeyConditionExpression=f"pk = :pk AND begins_with({IN_FOLDER_BY_NAME}, :taken)",
            ExpressionAttributeValues={
                ":pk": text(project_partition(tenant)),
                ":taken": text(taken_scope(root_id)),
            },
            ConsistentRead=True,
        )
        return [trashed_folder_from(item) for page in pages for item in page["Items"]]

    def files_in(self, tenant: TenantId, folder_id: FolderId, limit: int) -> list[TrashedFile]:
        """Query the files that lay in the folder."""
        answer = self._client.query(
            TableName=self._table,
            IndexName=IN_FOLDER,
            KeyConditionExpression=f"pk = :pk AND begins_with({IN_FOLDER}, :files)",
            ExpressionAttributeValues={
                ":pk": text(project_partition(tenant)),
                ":files": text(trashed_scope(folder_id) + FILE_PREFIX),
            },
            ConsistentRead=True,
            Limit=limit,
        )
        return [
            trashed_from(file_id, item) for item in answer["Items"] if (file_id := file_id_of(item))
        ]

    def reopen(
        self, tenant: TenantId, root: TrashedFolder, folders: Sequence[Folder], tree_version: int
    ) -> bool:
        """Put the folders' items and enter the first one's parent, if the tree has not changed."""
        puts = [
            put_new(self._table, folder_item(tenant, replace(each, restored_with=root.folder.id)))
            for each in folders
        ]
        parent_id = folders[0].parent_id
        entered = [] if parent_id is None else [count_addition(self._table, tenant, parent_id)]
        return self._write(
            tree_change(self._table, tenant, tree_version),
            in_state(self._table, tenant, root),
            *puts,
            *entered,
        )

    def restore(
        self, tenant: TenantId, root: TrashedFolder, files: Sequence[tuple[TrashedFile, File]]
    ) -> bool:
        """Delete the trashed items, put the live ones and enter their folder, all at once."""
        amount = amount_of(file for _, file in files)
        now = int(self._clock())
        changes = [
            in_state(self._table, tenant, root, files=NOTHING - amount),
            touch_version(self._table, tenant),
        ]
        folder_id = files[0][1].folder_id
        if folder_id is not None:
            changes.append(count_addition(self._table, tenant, folder_id))
        for trashed, file in files:
            changes.append(removal_from_trash(self._table, tenant, trashed))
            changes.append(put_new(self._table, file_item(tenant, file, now)))
        return self._write(*changes)

    def settle(self, tenant: TenantId, root: TrashedFolder, folder_id: FolderId) -> bool:
        """Delete the trashed record, and take the mark off the folder."""
        unmarking: TransactWriteItemTypeDef = {
            "Update": {
                "TableName": self._table,
                "Key": item_key(tenant, folder_id),
                "UpdateExpression": "REMOVE restoring",
                "ConditionExpression": "restoring = :root",
                "ExpressionAttributeValues": {":root": text(root.folder.id)},
            }
        }
        gone = deletion(self._table, trash_key(tenant, folder_id), "attribute_exists(pk)")
        if folder_id != root.folder.id:
            return self._write(in_state(self._table, tenant, root), gone, unmarking)
        gone = deletion(
            self._table,
            trash_key(tenant, folder_id),
            "trash_state = :state AND tree_version = :version",
            {":state": text(root.state), ":version": number(root.version)},
        )
        return self._write(gone, unmarking)

    def drop(self, tenant: TenantId, folder_ids: Sequence[FolderId]) -> None:
        """Delete the records in one transaction."""
        self._write(*(deletion(self._table, trash_key(tenant, each)) for each in folder_ids))

    def _update_root(
        self,
        tenant: TenantId,
        root: TrashedFolder,
        expression: str,
        values: dict[str, AttributeValueTypeDef],
        names: dict[str, str] | None = None,
    ) -> TransactWriteItemTypeDef:
        update: TransactWriteItemTypeDef = {
            "Update": {
                "TableName": self._table,
                "Key": trash_key(tenant, root.folder.id),
                "UpdateExpression": expression,
                "ConditionExpression": "trash_state = :state AND tree_version = :version",
                "ExpressionAttributeValues": {
                    ":state": text(root.state),
                    ":version": number(root.version),
                    **values,
                },
            }
        }
        if names:
            update["Update"]["ExpressionAttributeNames"] = names
        return update

    def _write(self, *changes: TransactWriteItemTypeDef) -> bool:
        try:
            transact(self._client, changes)
        except ConditionsFailedError:
            return False
        return True
