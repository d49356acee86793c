"""Domain objects as DynamoDB items, and back.

`expires_at` is there exactly while an item can expire, so that the index `by_expiry` holds
nothing else; of an upload it is when it closes, and `deadline` when it takes no more bytes. `ttl`
lies a day after, as the backstop for when nothing else has collected the item. A pending upload
has none: TTL would not look whether its bytes are there.
"""

from __future__ import annotations

from datetime import datetime
from itertools import batched
from typing import TYPE_CHECKING, Any

from larder.adapters.dynamodb.attributes import number, optional_number, optional_text, text
from larder.adapters.dynamodb.keys import (
    BY_PURPOSE,
    counted_id_of,
    due_shard,
    is_trashed,
    item_key,
    purpose_position,
    tenant_of,
    trash_key,
    upload_id_of,
)
from larder.adapters.dynamodb.listings import listing_keys, trash_listing_key
from larder.domain.filenames import folded
from larder.domain.files import DAY, VALIDATION_GRACE, File, FileStatus, Purpose
from larder.domain.ids import PART_PREFIX, FolderId, PartId
from larder.domain.same_names import IfExists
from larder.domain.trash import TrashedFile
from larder.domain.uploads import Completion, Upload, UploadStatus
from larder.services.upkeep.ports import Removal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    from larder.adapters.dynamodb.attributes import Item, ItemRead
    from larder.domain.ids import FileId, TenantId, UploadId

_PART_DIGITS = 24


def file_item(tenant: TenantId, file: File, now: int) -> Item:
    """Return the item of a live file, which is in the lists of files."""
    item = {**unlisted_item(tenant, file, now), **listing_keys(file)}
    item[BY_PURPOSE] = text(purpose_position(file.purpose, file.id))
    if file.folder_id is not None:
        item["folder_id"] = text(file.folder_id)
    return item


def unlisted_item(tenant: TenantId, file: File, now: int) -> Item:
    """Return a live file's item without its places in the lists of files.

    While it is `uploaded` it is due when its validation should be.
    """
    item = {**item_key(tenant, file.id), **_of_file(file)}
    due_at = file.expires_at
    if file.status is FileStatus.UPLOADED:
        due_at = now + VALIDATION_GRACE
        if file.expires_at is not None:
            due_at = min(due_at, file.expires_at)
    if due_at is not None:
        item["due_shard"] = text(due_shard(file.id))
        item["due_at"] = number(due_at)
    if file.expires_at is not None:
        item["expires_at"] = number(file.expires_at)
        item["ttl"] = number(file.expires_at + DAY)
    return item


def trash_item(tenant: TenantId, trashed: TrashedFile) -> Item:
    """Return the item of a file in the trash, which expires when it is to be purged."""
    file = trashed.file
    item = {
        **trash_key(tenant, file.id),
        **_of_file(file),
        **trash_listing_key(trashed),
        "deleted_at": number(trashed.deleted_at),
        "expires_at": number(trashed.purge_at),
        "ttl": number(trashed.purge_at + DAY),
        "due_shard": text(due_shard(file.id)),
        "due_at": number(trashed.purge_at),
    }
    if file.expires_at is not None:
        item["file_expires_at"] = number(file.expires_at)
    if file.folder_id is not None:
        # Where it is restored to; it lies in no folder now.
        item["origin"] = text(file.folder_id)
    if trashed.within is not None:
        item["within"] = text(trashed.within)
    return item


def _of_file(file: File) -> Item:
    item: Item = {
        "filename": text(file.filename),
        "folded": text(folded(file.filename)),
        "bytes": number(file.bytes),
        "purpose": text(file.purpose),
        "mime_type": text(file.mime_type),
        "status": text(file.status),
        "favorite": {"BOOL": file.favorite},
        "tags": {"L": [text(tag) for tag in file.tags]},
        "revision": number(file.revision),
    }
    if file.status_details is not None:
        item["status_details"] = text(file.status_details)
    if file.sha256 is not None:
        item["sha256"] = text(file.sha256)
    if file.promised_sha256 is not None:
        item["promised_sha256"] = text(file.promised_sha256)
    if file.revised_at is not None:
        item["revised_at"] = number(file.revised_at)
    return item


def file_from(file_id: FileId, item: ItemRead) -> File:
    """Return the file that an item records, in the trash as it was before."""
    trashed = is_trashed(item)
    folder_id = optional_text(item, "origin" if trashed else "folder_id")
    return File(
        id=file_id,
        filename=item["filename"]["S"],
        bytes=int(item["bytes"]["N"]),
        purpose=Purpose(item["purpose"]["S"]),
        mime_type=item["mime_type"]["S"],
        expires_at=optional_number(item, "file_expires_at" if trashed else "expires_at"),
        status=FileStatus(item["status"]["S"]),
        status_details=optional_text(item, "status_details"),
        sha256=optional_text(item, "sha256"),
        promised_sha256=optional_text(item, "promised_sha256"),
        folder_id=None if folder_id is None else FolderId(folder_id),
        tags=tuple(tag["S"] for tag in item["tags"]["L"]),
        favorite=item["favorite"]["BOOL"],
        revised_at=optional_number(item, "revised_at"),
        revision=int(item["revision"]["N"]),
    )


def trashed_from(file_id: FileId, item: ItemRead) -> TrashedFile:
    """Return the file in the trash that an item records."""
    within = optional_text(item, "within")
    return TrashedFile(
        file_from(file_id, item),
        deleted_at=int(item["deleted_at"]["N"]),
        within=None if within is None else FolderId(within),
    )


def upload_item(tenant: TenantId, upload: Upload) -> Item:
    """Return the item of a pending upload, due and expiring when it closes."""
    item: Item = {
        **item_key(tenant, upload.id),
        "filename": text(upload.filename),
        "bytes": number(upload.bytes),
        "purpose": text(upload.purpose),
        "mime_type": text(upload.mime_type),
        "status": text(upload.status),
        "deadline": number(upload.expires_at),
        "part_bytes": number(0),
        "expires_at": number(upload.closes_at),
        "due_shard": text(due_shard(upload.id)),
        "due_at": number(upload.closes_at),
    }
    if upload.file_expires_at is not None:
        item["file_expires_at"] = number(upload.file_expires_at)
    if upload.sha256 is not None:
        item["sha256"] = text(upload.sha256)
    if upload.multipart_id is not None:
        item["multipart_id"] = text(upload.multipart_id)
    if upload.folder_id is not None:
        item["folder_id"] = text(upload.folder_id)
    if upload.tags:
        item["tags"] = {"L": [text(tag) for tag in upload.tags]}
    if upload.if_exists is not None:
        item["if_exists"] = text(upload.if_exists)
    return item


def upload_from(upload_id: UploadId, item: ItemRead) -> Upload:
    """Return the upload that an item records."""
    folder_id = optional_text(item, "folder_id")
    return Upload(
        id=upload_id,
        filename=item["filename"]["S"],
        bytes=int(item["bytes"]["N"]),
        purpose=Purpose(item["purpose"]["S"]),
        mime_type=item["mime_type"]["S"],
        expires_at=int(item["deadline"]["N"]),
        file_expires_at=optional_number(item, "file_expires_at"),
        sha256=optional_text(item, "sha256"),
        status=UploadStatus(item["status"]["S"]),
        multipart_id=optional_text(item, "multipart_id"),
        part_bytes=optional_number(item, "part_bytes") or 0,
        part_count=optional_number(item, "part_count") or 0,
        folder_id=None if folder_id is None else FolderId(folder_id),
        completion=_completion_from(item),
        tags=tuple(tag["S"] for tag in item["tags"]["L"]) if "tags" in item else (),
        if_exists=IfExists(item["if_exists"]["S"]) if "if_exists" in item else None,
    )


def completion_value(completion: Completion) -> AttributeValueTypeDef:
    """Return a completion as an attribute, with the parts' digits in a row."""
    digits = "".join(part_id.removeprefix(PART_PREFIX) for part_id in completion.part_ids)
    value: Item = {"parts": text(digits)}
    if completion.md5 is not None:
        value["md5"] = text(completion.md5)
    return {"M": value}


def _completion_from(item: ItemRead) -> Completion | None:
    if "completion" not in item:
        return None
    kept = item["completion"]["M"]
    parts = batched(kept["parts"]["S"], _PART_DIGITS, strict=True)
    return Completion(
        part_ids=tuple(PartId(PART_PREFIX + "".join(digits)) for digits in parts),
        md5=optional_text(kept, "md5"),
    )


def changed_at(change: Mapping[str, Any]) -> float:
    """Return when the change of a stream record was made: unix seconds, rounded down.

    The AWS CLI writes the time in ISO 8601, when an operator sends a record again.
    """
    at = change["ApproximateCreationDateTime"]
    return datetime.fromisoformat(at).timestamp() if isinstance(at, str) else float(at)


def removed_object(change: Mapping[str, Any]) -> Removal | None:
    """Return what a stream record (`dynamodb` part, with OldImage) says was removed, and whose.

    None for an item that is no upload, and counts as no file.
    """
    key, image = change["Keys"], change["OldImage"]
    gone_at = changed_at(change)
    ttl = optional_number(image, "ttl")
    if ttl is not None:
        gone_at = min(gone_at, ttl)
    file_id, upload_id = counted_id_of(key), upload_id_of(key)
    if file_id is not None:
        return Removal(tenant_of(key), file_from(file_id, image), gone_at)
    if upload_id is not None:
        return Removal(tenant_of(key), upload_from(upload_id, image), gone_at)
    return None
