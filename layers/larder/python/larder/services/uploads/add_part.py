"""Add a part to an upload from the request's body, as OpenAI's SDKs do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.domain.errors import ConflictError, InvalidParameterError
from larder.domain.ids import new_part_id
from larder.domain.parts import SMALL_PARTS_LIMIT
from larder.domain.uploads import UploadStatus
from larder.services.uploads.get import require_upload

if TYPE_CHECKING:
    from larder.domain.ids import PartId, TenantId
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
        InvalidParameterError: the part is empty, or too large for what the upload still takes.
        ConflictError: the upload is no longer pending.
    """
    upload = require_upload(tenant, upload_id, uploads=uploads)
    status = upload.status_at(clock())
    if status is not UploadStatus.PENDING:
        raise ConflictError(
            f"Upload {upload.id} is {status} and takes no more parts.",
            code=f"upload_{status}",
            permanent=True,
        )
    if upload.bytes > SMALL_PARTS_LIMIT:
        raise InvalidParameterError(
            f"Uploads above {SMALL_PARTS_LIMIT} bytes are transferred by PUT: see `transfer`.",
            param="data",
        )
    if not data:
        raise InvalidParameterError("The part is empty.", param="data")
    if not uploads.take_part(tenant, upload, len(data), limit=2 * upload.bytes):
        raise InvalidParameterError(
            f"Upload {upload.id} was announced with {upload.bytes} bytes, and its parts are "
            f"{upload.part_bytes} bytes already, or it has just ended.",
            param="data",
        )
    part_id = new_part_id(clock())
    parts.put_small(tenant, upload.id, part_id, data)
    return part_id
