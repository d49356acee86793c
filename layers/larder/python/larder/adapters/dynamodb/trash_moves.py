"""The items of a transaction that moves a file to the trash."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.adapters.dynamodb.attributes import number, text
from larder.adapters.dynamodb.counters import put_new
from larder.adapters.dynamodb.items import trash_item
from larder.adapters.dynamodb.keys import item_key

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from larder.domain.ids import TenantId
    from larder.domain.trash import TrashedFile


def move_to_trash(
    table: str, tenant: TenantId, trashed: TrashedFile
) -> list[TransactWriteItemTypeDef]:
    """Delete the live item and put the trashed one.

    On condition that the item still says what was read, or else a change would be lost. The
    counters' version has to change with it: see `touch_version`.
    """
    file = trashed.file
    return [
        {
            "Delete": {
                "TableName": table,
                "Key": item_key(tenant, file.id),
                "ConditionExpression": "revision = :revision AND #status = :status",
                "ExpressionAttributeNames": {"#status": "status"},
                "ExpressionAttributeValues": {
                    ":revision": number(file.revision),
                    ":status": text(file.status),
                },
            }
        },
        put_new(table, trash_item(tenant, trashed)),
    ]
