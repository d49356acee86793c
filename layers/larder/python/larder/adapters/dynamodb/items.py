"""Domain objects as DynamoDB items, and back.

`expires_at` is there exactly while an item can expire, so that the index `by_expiry` holds
nothing else; an upload keeps its deadline in `deadline` for readers. `ttl` lies a day after, as
the backstop for when nothing else has collected the item.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from larder.adapters.dynamodb.keys import due_shard, file_id_of, item_key, tenant_of, upload_id_of
from larder.domain.files import DAY, VALIDATION_GRACE, File, FileStatus, Purpose
from larder.domain.uploads import Upload, UploadStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    from larder.domain.ids import FileId, TenantId, UploadId

    type Item = dict[str, AttributeValueTypeDef]
    type ItemRead = Mapping[str, AttributeValueTypeDef]


def text(value: str) -> AttributeValueTypeDef:
    """Return a string attribute."""
    return {"S": value}


def number(value: int) -> AttributeValueTypeDef:
    """Return a number attribute."""
    return {"N": str(value)}


def _optional_text(item: ItemRead, name: str) -> str | None:
    return item[name]["S"] if name in item else None


def _optional_number(item: ItemRead, name: str) -> int | None:
    return int(item[name]["N"]) if name in item else None


def file_item(tenant: TenantId, file: File, now: int) -> Item:
    """Return the item of a file that from `now` on awaits its bytes or its validation."""
    due_at = now + VALIDATION_GRACE
    if file.expires_at is not None:
        due_at = min(due_at, file.expires_at)
    item: Item = {
        **item_key(tenant, file.id),
        "filename": text(file.filename),
        "bytes": number(file.bytes),
        "purpose": text(file.purpose),
        "mime_type": text(file.mime_type),
        "status": text(file.status),
        "due_shard": text(due_shard(file.id)),
        "due_at": number(due_at),
    }
    if file.expires_at is not None:
        item["expires_at"] = number(file.expires_at)
        item["ttl"] = number(file.expires_at + DAY)
    if file.sha256 is not None:
        item["sha256"] = text(file.sha256)
    if file.promised_sha256 is not None:
        item["promised_sha256"] = text(file.promised_sha256)
    return item


def file_from(file_id: FileId, item: ItemRead) -> File:
    """Return the file that an item records."""
    return File(
        id=file_id,
        filename=item["filename"]["S"],
        bytes=int(item["bytes"]["N"]),
        purpose=Purpose(item["purpose"]["S"]),
        mime_type=item["mime_type"]["S"],
        expires_at=_optional_number(item, "expires_at"),
        status=FileStatus(item["status"]["S"]),
        status_details=_optional_text(item, "status_details"),
        sha256=_optional_text(item, "sha256"),
        promised_sha256=_optional_text(item, "promised_sha256"),
    )


def upload_item(tenant: TenantId, upload: Upload) -> Item:
    """Return the item of a pending upload."""
    item: Item = {
        **item_key(tenant, upload.id),
        "filename": text(upload.filename),
        "bytes": number(upload.bytes),
        "purpose": text(upload.purpose),
        "mime_type": text(upload.mime_type),
        "status": text(upload.status),
        "deadline": number(upload.expires_at),
        "part_bytes": number(0),
        "expires_at": number(upload.expires_at),
        "ttl": number(upload.expires_at + DAY),
        "due_shard": text(due_shard(upload.id)),
        "due_at": number(upload.expires_at),
    }
    if upload.file_expires_at is not None:
        item["file_expires_at"] = number(upload.file_expires_at)
    if upload.sha256 is not None:
        item["sha256"] = text(upload.sha256)
    if upload.multipart_id is not None:
        item["multipart_id"] = text(upload.multipart_id)
    return item


def upload_from(upload_id: UploadId, item: ItemRead) -> Upload:
    """Return the upload that an item records."""
    return Upload(
        id=upload_id,
        filename=item["filename"]["S"],
        bytes=int(item["bytes"]["N"]),
        purpose=Purpose(item["purpose"]["S"]),
        mime_type=item["mime_type"]["S"],
        expires_at=int(item["deadline"]["N"]),
        file_expires_at=_optional_number(item, "file_expires_at"),
        sha256=_optional_text(item, "sha256"),
        status=UploadStatus(item["status"]["S"]),
        multipart_id=_optional_text(item, "multipart_id"),
        part_bytes=_optional_number(item, "part_bytes") or 0,
    )


def removed_object(change: Mapping[str, Any]) -> tuple[TenantId, File | Upload] | None:
    """Return what a stream record (`dynamodb` part, with OldImage) says was removed, and whose.

    None for an item that is neither a file, live or trashed, nor an upload.
    """
    key, image = change["Keys"], change["OldImage"]
    file_id, upload_id = file_id_of(key), upload_id_of(key)
    if file_id is not None:
        return tenant_of(key), file_from(file_id, image)
    if upload_id is not None:
        return tenant_of(key), upload_from(upload_id, image)
    return None
