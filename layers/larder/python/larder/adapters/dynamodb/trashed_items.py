"""Folders in the trash as DynamoDB items, and what changes the one that took others along."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.adapters.dynamodb.attributes import number, optional_text, text
from larder.adapters.dynamodb.keys import due_shard, item_key, trash_key, trashed_folder_id_of
from larder.adapters.dynamodb.listings import trashed_folder_listing_key
from larder.domain.files import DAY
from larder.domain.folders import Folder
from larder.domain.ids import FolderId
from larder.domain.quota import NOTHING, Amount
from larder.domain.trash import TrashedFolder, TrashState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, TransactWriteItemTypeDef

    from larder.adapters.dynamodb.attributes import Item, ItemRead
    from larder.adapters.dynamodb.keys import Key
    from larder.domain.files import File
    from larder.domain.ids import TenantId
    from larder.domain.trash import TrashedFile


def trashed_folder_item(tenant: TenantId, trashed: TrashedFolder) -> Item:
    """Return the item of a folder in the trash. What it took along goes with it, or by TTL."""
    folder = trashed.folder
    item: Item = {
        **trash_key(tenant, folder.id),
        **trashed_folder_listing_key(trashed),
        "name": text(folder.name),
        "favorite": {"BOOL": folder.favorite},
        "deleted_at": number(trashed.deleted_at),
        "ttl": number(trashed.purge_at + DAY),
    }
    if folder.parent_id is not None:
        item["parent_id"] = text(folder.parent_id)
    if trashed.within is not None:
        item["within"] = text(trashed.within)
        return item
    return item | {
        "expires_at": number(trashed.purge_at),
        "due_shard": text(due_shard(folder.id)),
        "due_at": number(trashed.purge_at),
        "path": {"L": [text(name) for name in trashed.path]},
        "folder_count": number(trashed.folder_count),
        "file_count": number(trashed.files.files),
        "file_bytes": number(trashed.files.bytes),
        "trash_state": text(trashed.state),
        "tree_version": number(trashed.version),
    }


def trashed_folder_from(item: ItemRead) -> TrashedFolder:
    """Return the folder in the trash that an item records."""
    folder_id = trashed_folder_id_of(item)
    if folder_id is None:
        raise ValueError(item["sk"]["S"])
    parent_id, within = optional_text(item, "parent_id"), optional_text(item, "within")
    folder = Folder(
        id=folder_id,
        name=item["name"]["S"],
        parent_id=None if parent_id is None else FolderId(parent_id),
        favorite=item["favorite"]["BOOL"],
    )
    deleted_at = int(item["deleted_at"]["N"])
    if within is not None:
        return TrashedFolder(folder, deleted_at, within=FolderId(within))
    return TrashedFolder(
        folder,
        deleted_at,
        path=tuple(name["S"] for name in item["path"]["L"]),
        folder_count=int(item["folder_count"]["N"]),
        files=Amount(int(item["file_count"]["N"]), int(item["file_bytes"]["N"])),
        state=TrashState(item["trash_state"]["S"]),
        version=int(item["tree_version"]["N"]),
    )


def amount_of(files: Iterable[File]) -> Amount:
    """Return what the files take together."""
    return sum((file.amount for file in files), start=NOTHING)


def change_root(
    table: str,
    tenant: TenantId,
    root_id: FolderId,
    states: Sequence[TrashState],
    *,
    version: int | None = None,
    files: Amount = NOTHING,
) -> TransactWriteItemTypeDef:
    """Add to the files that a folder in the trash holds, on condition of its state and version.

    Without files it is the condition alone, as a write: a check would need one more permission.
    """
    values = {f":state{place}": text(state) for place, state in enumerate(states)}
    condition = f"trash_state IN ({', '.join(values)})"
    if version is not None:
        condition += " AND tree_version = :version"
        values[":version"] = number(version)
    values |= {":files": number(files.files), ":bytes": number(files.bytes)}
    return {
        "Update": {
            "TableName": table,
            "Key": trash_key(tenant, root_id),
            "UpdateExpression": "SET file_count = file_count + :files, "
            "file_bytes = file_bytes + :bytes",
            "ConditionExpression": condition,
            "ExpressionAttributeValues": values,
            # By what it holds, a root that is gone differs from one in another state.
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
    }


def in_state(
    table: str, tenant: TenantId, root: TrashedFolder, *, files: Amount = NOTHING
) -> TransactWriteItemTypeDef:
    """Add to the files of a folder in the trash, on condition that it is still what was read."""
    return change_root(
        table, tenant, root.folder.id, [root.state], version=root.version, files=files
    )


def closing(
    table: str, tenant: TenantId, root: TrashedFolder, folder_id: FolderId
) -> TransactWriteItemTypeDef:
    """Close a folder that goes to the trash with `root`."""
    return {
        "Update": {
            "TableName": table,
            "Key": item_key(tenant, folder_id),
            "UpdateExpression": "SET deleting = :root",
            "ConditionExpression": "attribute_exists(pk)",
            "ExpressionAttributeValues": {":root": text(root.folder.id)},
        }
    }


def removal_of_closed(
    table: str, tenant: TenantId, root: TrashedFolder, folder_id: FolderId
) -> TransactWriteItemTypeDef:
    """Delete the item of a folder that was closed for `root`."""
    return deletion(
        table, item_key(tenant, folder_id), "deleting = :root", {":root": text(root.folder.id)}
    )


def removal_from_trash(
    table: str, tenant: TenantId, trashed: TrashedFile
) -> TransactWriteItemTypeDef:
    """Delete a file in the trash, on condition that it is still what was read.

    Whoever restores it counts the revision up: trashed again, it is another.
    """
    return deletion(
        table,
        trash_key(tenant, trashed.file.id),
        "revision = :revision",
        {":revision": number(trashed.file.revision)},
    )


def deletion(
    table: str,
    key: Key,
    condition: str | None = None,
    values: Mapping[str, AttributeValueTypeDef] | None = None,
) -> TransactWriteItemTypeDef:
    """Delete an item, on a condition over `values`, if one is given."""
    delete: TransactWriteItemTypeDef = {"Delete": {"TableName": table, "Key": key}}
    if condition is not None:
        delete["Delete"]["ConditionExpression"] = condition
    if values is not None:
        delete["Delete"]["ExpressionAttributeValues"] = values
    return delete
