"""Folder records in the Store table.

Every change of a project's tree changes the version of one item, on condition that it is what it
was when the tree was read: so no two changes made at once can make a cycle, a name twice or a
folder in one that is gone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.adapters.dynamodb.attributes import number, optional_text, text
from larder.adapters.dynamodb.counters import put_new
from larder.adapters.dynamodb.keys import (
    folder_id_of,
    item_key,
    project_partition,
    tree_key,
)
from larder.adapters.dynamodb.listings import (
    IN_FOLDER_BY_NAME,
    children_scope,
    folder_listing_key,
)
from larder.adapters.dynamodb.pages import ListRead, read_list
from larder.adapters.dynamodb.transactions import ConditionsFailedError, transact
from larder.domain.folders import Folder, FolderTree
from larder.domain.ids import FOLDER_PREFIX, FolderId
from larder.services.space.ports import Page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from larder.adapters.dynamodb.attributes import Item, ItemRead
    from larder.domain.ids import TenantId
    from larder.services.space.ports import Position

_OPEN = "attribute_exists(pk) AND attribute_not_exists(deleting)"


def count_addition(table: str, tenant: TenantId, folder_id: FolderId) -> TransactWriteItemTypeDef:
    """Put something into a folder, on condition that it exists and is not being deleted."""
    return {
        "Update": {
            "TableName": table,
            "Key": item_key(tenant, folder_id),
            "UpdateExpression": "SET additions = additions + :one",
            "ConditionExpression": _OPEN,
            "ExpressionAttributeValues": {":one": number(1)},
        }
    }


def tree_change(table: str, tenant: TenantId, seen: int | None = None) -> TransactWriteItemTypeDef:
    """Change the tree's version, on condition that it is still what was `seen`, if that is given.

    A tree of which a version was seen as 0 has none yet.
    """
    update: TransactWriteItemTypeDef = {
        "Update": {
            "TableName": table,
            "Key": tree_key(tenant),
            "UpdateExpression": "SET version = version + :one",
            "ExpressionAttributeValues": {":one": number(1)},
        }
    }
    if seen == 0:
        update["Update"]["UpdateExpression"] = "SET version = :one"
        update["Update"]["ConditionExpression"] = "attribute_not_exists(pk)"
    elif seen is not None:
        update["Update"]["ConditionExpression"] = "version = :seen"
        update["Update"]["ExpressionAttributeValues"] = {":one": number(1), ":seen": number(seen)}
    return update


class DynamoFolders:
    """`FolderRecords` on DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def get(self, tenant: TenantId, folder_id: FolderId) -> Folder | None:
        """Read the folder's record, strongly consistent."""
        item = self._client.get_item(
            TableName=self._table, Key=item_key(tenant, folder_id), ConsistentRead=True
        ).get("Item")
        return None if item is None else folder_from(item)

    def tree(self, tenant: TenantId) -> FolderTree:
        """Read the version first: what changes while the folders are read changes it."""
        head = self._client.get_item(
            TableName=self._table, Key=tree_key(tenant), ConsistentRead=True
        ).get("Item")
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :folders)",
            ExpressionAttributeValues={
                ":pk": text(project_partition(tenant)),
                ":folders": text(FOLDER_PREFIX),
            },
            ConsistentRead=True,
        )
        folders = [folder_from(item) for page in pages for item in page["Items"]]
        return FolderTree(
            folders={folder.id: folder for folder in folders},
            version=0 if head is None else int(head["version"]["N"]),
        )

    def children(
        self, tenant: TenantId, parent: FolderId | None, *, limit: int, after: Position | None
    ) -> Page[Folder]:
        """Query the folders of `parent` by name, as many as are asked for."""
        read = ListRead(
            table=self._table,
            tenant=tenant,
            index=IN_FOLDER_BY_NAME,
            scope=children_scope(parent),
            descending=False,
            filter="attribute_not_exists(deleting)",
        )
        found = read_list(self._client, read, limit=limit, after=after)
        return Page(tuple(folder_from(item) for item in found.items), found.next)

    def create(
        self,
        tenant: TenantId,
        folder: Folder,
        tree_version: int,
        *,
        nested: Sequence[Folder] = (),
    ) -> bool:
        """Put the folders and enter the parent, on condition that the tree has not changed."""
        return self._change(
            tenant,
            tree_version,
            [
                *(put_new(self._table, folder_item(tenant, each)) for each in (folder, *nested)),
                *self._count_additions(tenant, folder.parent_id),
            ],
        )

    def revise(self, tenant: TenantId, before: Folder, after: Folder, tree_version: int) -> bool:
        """Update the folder and enter a new parent, on condition that the tree has not changed."""
        moved = after.parent_id if after.parent_id != before.parent_id else None
        set_parent, remove_parent = ", parent_id = :parent", ""
        values = {
            ":name": text(after.name),
            ":favorite": {"BOOL": after.favorite},
            ":listing": folder_listing_key(after)[IN_FOLDER_BY_NAME],
        }
        if after.parent_id is None:
            set_parent, remove_parent = "", " REMOVE parent_id"
        else:
            values[":parent"] = text(after.parent_id)
        update: TransactWriteItemTypeDef = {
            "Update": {
                "TableName": self._table,
                "Key": item_key(tenant, after.id),
                "UpdateExpression": "SET #name = :name, favorite = :favorite, "
                f"{IN_FOLDER_BY_NAME} = :listing{set_parent}{remove_parent}",
                "ConditionExpression": _OPEN,
                "ExpressionAttributeNames": {"#name": "name"},
                "ExpressionAttributeValues": values,
            }
        }
        return self._change(tenant, tree_version, [update, *self._count_additions(tenant, moved)])

    def reschedule(self, tenant: TenantId, folder_id: FolderId, due_at: int) -> None:
        """Set when the closed folder is due, in a transaction of one for its patience."""
        update: TransactWriteItemTypeDef = {
            "Update": {
                "TableName": self._table,
                "Key": item_key(tenant, folder_id),
                "UpdateExpression": "SET due_at = :due_at",
                "ConditionExpression": "attribute_exists(deleting)",
                "ExpressionAttributeValues": {":due_at": number(due_at)},
            }
        }
        self._write([update])

    def remove(self, tenant: TenantId, folder: Folder) -> bool:
        """Delete the folder, on condition that it is open and nothing was put into it since."""
        delete: TransactWriteItemTypeDef = {
            "Delete": {
                "TableName": self._table,
                "Key": item_key(tenant, folder.id),
                "ConditionExpression": f"additions = :seen AND {_OPEN}",
                "ExpressionAttributeValues": {":seen": number(folder.additions)},
            }
        }
        return self._write([tree_change(self._table, tenant), delete])

    def _count_additions(
        self, tenant: TenantId, parent: FolderId | None
    ) -> list[TransactWriteItemTypeDef]:
        return [] if parent is None else [count_addition(self._table, tenant, parent)]

    def _change(self, tenant: TenantId, seen: int, changes: list[TransactWriteItemTypeDef]) -> bool:
        return self._write([tree_change(self._table, tenant, seen), *changes])

    def _write(self, changes: list[TransactWriteItemTypeDef]) -> bool:
        try:
            transact(self._client, changes)
        except ConditionsFailedError:
            return False
        return True


def folder_item(tenant: TenantId, folder: Folder) -> Item:
    """Return the item of a folder that is open."""
    item: Item = {
        **item_key(tenant, folder.id),
        **folder_listing_key(folder),
        "name": text(folder.name),
        "favorite": {"BOOL": folder.favorite},
        "additions": number(0),
    }
    if folder.parent_id is not None:
        item["parent_id"] = text(folder.parent_id)
    if folder.restored_with is not None:
        item["restoring"] = text(folder.restored_with)
    return item


def folder_from(item: ItemRead) -> Folder:
    """Return the folder that an item records."""
    folder_id = folder_id_of(item)
    if folder_id is None:
        raise ValueError(item["sk"]["S"])
    parent_id = optional_text(item, "parent_id")
    restored_with = optional_text(item, "restoring")
    closed_for = None
    if "deleting" in item:
        # True: it was closed by a version of Larder that kept no folders in the trash.
        closed_for = FolderId(item["deleting"].get("S", folder_id))
    return Folder(
        id=folder_id,
        name=item["name"]["S"],
        parent_id=None if parent_id is None else FolderId(parent_id),
        favorite=item["favorite"]["BOOL"],
        additions=int(item["additions"]["N"]),
        closed_for=closed_for,
        restored_with=None if restored_with is None else FolderId(restored_with),
    )
