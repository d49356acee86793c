"""Whether a finding is still true: what is stored is read again, record by record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.domain.files import FileStatus
from larder.domain.ids import BatchId, FileId, UploadId, upload_of
from larder.domain.uploads import UploadStatus
from larder_operator.storage.findings import Loss

if TYPE_CHECKING:
    from larder.domain.files import File
    from larder.domain.ids import TenantId
    from larder.runtime.composition import Composition
    from larder_operator.storage.findings import Finding


def still_true(finding: Finding, ports: Composition) -> bool:
    """Read what the finding is about again: clients and workers go on during an audit.

    A record comes before its object and goes before it. So the object is read first where it
    seems to be missing, and was read first, by the audit, where no record seems to claim it.
    """
    tenant = finding.tenant
    if tenant is None or finding.loss is Loss.FOREIGN:
        return True
    match finding.loss:
        case Loss.MISSING_BYTES | Loss.DELETED_BYTES:
            return _lacks_bytes(tenant, FileId(finding.name), ports)
        case Loss.OTHER_SIZE:
            return _has_other_bytes(tenant, FileId(finding.name), ports)
        case Loss.UNCLAIMED_PARTS:
            return ports.uploads.get(tenant, UploadId(finding.name)) is None
        case Loss.UNCLAIMED_BATCH:
            return ports.batches.get(tenant, BatchId(finding.name)) is None
    return _is_unclaimed(finding.loss, tenant, FileId(finding.name), ports)


def _lacks_bytes(tenant: TenantId, file_id: FileId, ports: Composition) -> bool:
    if ports.objects.stat(tenant, file_id) is not None:
        return False
    file = _file(tenant, file_id, ports)
    return file is not None and file.status is not FileStatus.UPLOADED


def _has_other_bytes(tenant: TenantId, file_id: FileId, ports: Composition) -> bool:
    file, stat = _file(tenant, file_id, ports), ports.objects.stat(tenant, file_id)
    return file is not None and stat is not None and file.bytes != stat.size


def _is_unclaimed(loss: Loss, tenant: TenantId, file_id: FileId, ports: Composition) -> bool:
    if ports.files.exists(tenant, file_id):
        return False
    if loss is Loss.UNCLAIMED_REPORT:
        return True
    upload = ports.uploads.get(tenant, upload_of(file_id))
    if loss is Loss.UNFINISHED_BYTES:
        return upload is None
    return upload is None or upload.status is not UploadStatus.PENDING


def _file(tenant: TenantId, file_id: FileId, ports: Composition) -> File | None:
    live = ports.files.get(tenant, file_id)
    if live is not None:
        return live
    trashed = ports.trash.get(tenant, file_id)
    return None if trashed is None else trashed.file
