"""Add a part to an upload from the request's body, as OpenAI's SDKs do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.domain.errors import ConflictError, InvalidParameterError
from larder.domain.ids import new_part_id
from larder.domain.parts import MAX_SMALL_PARTS, SMALL_PARTS_LIMIT
from larder.domain.uploads import UploadStatus
from larder.services.uploads.get import require_upload

if TYPE_CHECKING:
    from larder.domain.ids import PartId, TenantId
    from larder.domain.uploads import Upload
    from larder.services.clock import Clock
    from larder.services.uploads.part_store import PartStore
    from larder.services.uploads.ports import UploadRecords


def create_part(
    tenant: TenantId,
    upload_id: str,
    data: bytes,
    *,
    uploads: UploadRecords,
    parts: PartStore,
    clock: Clock,
) -> PartId:
    """Store the part, and return its id. `complete` names the parts' ids in order.

    Parts may come in parallel and more than once. At most twice the upload's size is stored.

    Raises:
        NotFoundError: there is no such upload for this project.
        InvalidParameterError: the part is empty, or too large for what the upload still takes, or
            one too many.
        ConflictError: the upload is no longer pending.
    """
    upload = _require_pending(tenant, upload_id, uploads=uploads, clock=clock)
    if upload.bytes > SMALL_PARTS_LIMIT:
        raise InvalidParameterError(
            f"Upload {upload.id} has {upload.bytes} bytes, and parts through this route make up "
            f"at most {SMALL_PARTS_LIMIT}. PUT the bytes to its `transfer`, which "
            f"GET /v1/uploads/{upload.id} returns.",
            param="data",
        )
    if upload.bytes == 0:
        raise InvalidParameterError(
            f"Upload {upload.id} was announced with 0 bytes and takes no parts. "
            "Complete it with no part_ids.",
            param="data",
        )
    if not data:
        raise InvalidParameterError("The part is empty: send at least one byte.", param="data")
    if upload.part_count >= MAX_SMALL_PARTS:
        raise InvalidParameterError(
            f"Upload {upload.id} has {upload.part_count} parts, the most that an upload can have. "
            "Cancel it and send larger parts, of up to 2 MiB each, or PUT the bytes to its "
            f"`transfer`, which GET /v1/uploads/{upload.id} returns.",
            param="data",
        )
    if not uploads.take_part(tenant, upload, len(data), limit=2 * upload.bytes):
        upload = _require_pending(tenant, upload_id, uploads=uploads, clock=clock)
        raise InvalidParameterError(
            f"Upload {upload.id} was announced with {upload.bytes} bytes. With this part of "
            f"{len(data)}, parts of {upload.part_bytes + len(data)} bytes would have come, and at "
            "most twice the announced bytes are stored. Complete it with the parts that it has, "
            "or cancel it and announce the right size.",
            param="data",
        )
    part_id = new_part_id(clock())
    parts.put_small(tenant, upload.id, part_id, data)
    return part_id


def _require_pending(
    tenant: TenantId, upload_id: str, *, uploads: UploadRecords, clock: Clock
) -> Upload:
    upload = require_upload(tenant, upload_id, uploads=uploads)
    if not upload.takes_bytes(clock()):
        # Without a look at its bytes: whatever it becomes, it takes no more of them.
        pending = upload.status is UploadStatus.PENDING
        status = UploadStatus.EXPIRED if pending else upload.status
        raise ConflictError(
            f"Upload {upload.id} is {status} and takes no more parts. Create a new upload.",
            code=f"upload_{status}",
            permanent=True,
        )
    return upload
