"""Claims of names: who of several new files comes first.

The item of a name says which file took it last. Every file that is created with `if_exists` puts
itself there, on condition that nobody has since the files of that name were read. Two of them that
read the same files exclude each other.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from larder.adapters.dynamodb.attributes import number, optional_text, text
from larder.adapters.dynamodb.items import file_from
from larder.adapters.dynamodb.keys import file_id_of, name_key
from larder.adapters.dynamodb.listings import IN_FOLDER_BY_NAME, same_name_scope
from larder.adapters.dynamodb.pages import ListRead, read_list
from larder.adapters.dynamodb.trash_moves import move_to_trash
from larder.domain.filenames import folded
from larder.domain.files import DAY
from larder.domain.same_names import MAX_REPLACED
from larder.domain.trash import TrashedFile
from larder.services.uploads.ports import NameClaim

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from larder.domain.files import File
    from larder.domain.ids import FolderId, TenantId

_LIFE = DAY
"""Far longer than a request: what it read is outdated by then, or the name is free."""


def read_claim(
    client: DynamoDBClient,
    table: str,
    tenant: TenantId,
    folder_id: FolderId | None,
    name: str,
    now: float,
) -> NameClaim:
    """Read who took the name last, then the files that have it."""
    # In this order: whoever takes the name from here on makes the claim fail.
    item = client.get_item(
        TableName=table, Key=name_key(tenant, folder_id, folded(name)), ConsistentRead=True
    ).get("Item", {})
    read = ListRead(
        table=table,
        tenant=tenant,
        index=IN_FOLDER_BY_NAME,
        scope=same_name_scope(folder_id, name),
        descending=True,
        filter="(attribute_not_exists(expires_at) OR expires_at > :now)",
        values={":now": number(int(now))},
    )
    found = read_list(client, read, limit=MAX_REPLACED + 1, after=None)
    return NameClaim(
        folder_id,
        name,
        tuple(file_from(file_id, item) for item in found.items if (file_id := file_id_of(item))),
        optional_text(item, "file_id"),
    )


def claim_items(
    table: str, tenant: TenantId, file: File, claim: NameClaim, now: float
) -> list[TransactWriteItemTypeDef]:
    """Return the items that take the name for `file`, and move what it replaces to the trash."""
    taken: TransactWriteItemTypeDef = {
        "Put": {
            "TableName": table,
            "Item": {
                **name_key(tenant, claim.folder_id, folded(claim.name)),
                "file_id": text(file.id),
                "ttl": number(int(now) + _LIFE),
            },
            "ConditionExpression": "attribute_not_exists(pk)",
        }
    }
    if claim.token is not None:
        taken["Put"]["ConditionExpression"] = "file_id = :seen"
        taken["Put"]["ExpressionAttributeValues"] = {":seen": text(claim.token)}
    replaced = [TrashedFile(each, deleted_at=int(now)) for each in claim.replaced]
    moves = [move_to_trash(table, tenant, trashed) for trashed in replaced]
    return [taken, *chain.from_iterable(moves)]
