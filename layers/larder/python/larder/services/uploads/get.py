"""Get an upload, with what is left to send."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from larder.domain.errors import NotFoundError
from larder.domain.ids import parse_upload_id
from larder.domain.uploads import Upload, UploadStatus
from larder.services.uploads.end_overdue import end_overdue
from larder.services.uploads.part_store import PartsTransfer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from larder.domain.files import File
    from larder.domain.ids import TenantId
    from larder.domain.parts import ArrivedPart
    from larder.services.clock import Clock
    from larder.services.files.ports import FileRecords
    from larder.services.object_store import ObjectStore, SignedRequest
    from larder.services.uploads.part_store import PartStore
    from larder.services.uploads.ports import UploadRecords


@dataclass(frozen=True, slots=True)
class UploadState:
    """An upload as clients see it.

    `transfer` is set while the upload takes bytes, `file` once it is completed and while the file
    exists.
    """

    upload: Upload
    status: UploadStatus
    transfer: SignedRequest | PartsTransfer | None = None
    file: File | None = None


def require_upload(tenant: TenantId, upload_id: str, *, uploads: UploadRecords) -> Upload:
    """Return the project's upload with that id.

    Raises:
        NotFoundError: there is no such upload for this project.
    """
    parsed = parse_upload_id(upload_id)
    upload = None if parsed is None else uploads.get(tenant, parsed)
    if upload is None:
        raise NotFoundError("Upload", upload_id)
    return upload


def current_upload(
    tenant: TenantId,
    upload_id: str,
    *,
    uploads: UploadRecords,
    objects: ObjectStore,
    now: float,
) -> Upload:
    """Return the project's upload with that id, ended if it is overdue; see `end_overdue`.

    Raises:
        NotFoundError: there is no such upload for this project.
    """
    upload = require_upload(tenant, upload_id, uploads=uploads)
    return end_overdue(tenant, upload, uploads=uploads, objects=objects, now=now)


def live_file(tenant: TenantId, upload: Upload, *, files: FileRecords, now: float) -> File | None:
    """Return the file that the upload became; None if it has expired or been deleted."""
    file = files.get(tenant, upload.file_id)
    return None if file is None or file.expired(now) else file


def open_transfer(
    tenant: TenantId,
    upload: Upload,
    arrived: Sequence[ArrivedPart],
    *,
    objects: ObjectStore,
    parts: PartStore,
    now: float,
) -> SignedRequest | PartsTransfer:
    """Return newly signed PUTs for the bytes of a pending upload that have not `arrived`."""
    plan = upload.plan
    if plan is None:
        return objects.sign_put(tenant, upload, now)
    there = {part.number for part in arrived}
    return PartsTransfer(
        part_size=plan.part_size,
        urls=tuple(
            (part.number, parts.sign_part(tenant, upload, part, now))
            for part in plan
            if part.number not in there
        ),
        arrived=tuple(arrived),
        expires_at=upload.expires_at,
    )


@dataclass(frozen=True, slots=True)
class GetUpload:
    """Return an upload's state, with the PUTs that are left to do while it is pending."""

    files: FileRecords
    uploads: UploadRecords
    objects: ObjectStore
    parts: PartStore
    clock: Clock

    def __call__(self, tenant: TenantId, upload_id: str) -> UploadState:
        """Get the upload.

        Raises:
            NotFoundError: there is no such upload for this project.
        """
        now = self.clock()
        upload = current_upload(
            tenant, upload_id, uploads=self.uploads, objects=self.objects, now=now
        )
        match status := upload.status:
            case UploadStatus.PENDING if upload.takes_bytes(now):
                arrived = () if upload.plan is None else self.parts.arrived(tenant, upload) or ()
                transfer = open_transfer(
                    tenant, upload, arrived, objects=self.objects, parts=self.parts, now=now
                )
                return UploadState(upload, status, transfer=transfer)
            case UploadStatus.COMPLETED:
                file = live_file(tenant, upload, files=self.files, now=now)
                return UploadState(upload, status, file=file)
            case UploadStatus.PENDING | UploadStatus.CANCELLED | UploadStatus.EXPIRED:
                return UploadState(upload, status)
