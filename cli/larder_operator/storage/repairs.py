"""What an operator can do about each finding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from larder.adapters.s3 import FILES, REPORTS, object_key
from larder.domain.errors import QuotaExceededError
from larder.domain.files import File, Purpose
from larder.domain.ids import FileId, parse_file_id, upload_of
from larder.domain.uploads import UploadStatus
from larder_operator.storage.checks import still_true
from larder_operator.storage.findings import Loss

if TYPE_CHECKING:
    from collections.abc import Mapping

    from larder.domain.ids import TenantId
    from larder_operator.storage.audit import StorageAudit
    from larder_operator.storage.findings import Finding

_ACTIONS: Mapping[Loss, str] = {
    Loss.MISSING_BYTES: "remove the file and free its quota",
    Loss.DELETED_BYTES: "bring the deleted bytes back",
    Loss.UNCLAIMED_BYTES: "delete the bytes",
    Loss.UNCLAIMED_REPORT: "delete the report",
    Loss.UNFINISHED_BYTES: "abort the multipart upload",
    Loss.UNCLAIMED_PARTS: "delete the parts",
    Loss.UNCLAIMED_BATCH: "delete what the batch kept",
    Loss.FOREIGN: "delete the objects",
}


@dataclass(frozen=True)
class StorageRepair:
    """Repairs what an audit found. `adopt`: make files of bytes that no record claims."""

    audit: StorageAudit
    adopt: bool

    def action(self, finding: Finding) -> str | None:
        """Return what a repair does; None for what nobody can repair."""
        if self._adopts(finding):
            return "make a file of the bytes"
        return _ACTIONS.get(finding.loss)

    def __call__(self, finding: Finding) -> str | None:
        """Repair the finding if it is still there; return why that was impossible, or None."""
        bucket = self.audit.bucket
        tenant, file_id = finding.tenant, FileId(finding.name)
        if not still_true(finding, self.audit.ports):
            return None
        match finding.loss:
            case Loss.OTHER_SIZE:
                return "its bytes are not those that were announced: delete the file yourself"
            case Loss.MISSING_BYTES if tenant is not None:
                self._release(tenant, file_id)
            case Loss.DELETED_BYTES if tenant is not None:
                bucket.undelete(object_key(REPORTS, tenant, file_id))
                bucket.undelete(finding.key)
            case Loss.UNCLAIMED_BYTES if tenant is not None and self._adopts(finding):
                return self._adopt(tenant, file_id)
            case Loss.UNFINISHED_BYTES:
                bucket.abort(finding.key)
            case _ if finding.key.endswith("/"):
                bucket.delete(each.key for each in bucket.objects(finding.key))
            case _:
                bucket.delete([finding.key])
        return None

    def _adopts(self, finding: Finding) -> bool:
        """Tell whether bytes become a file. What an artifact was went with its record."""
        unclaimed = finding.loss is Loss.UNCLAIMED_BYTES
        return self.adopt and unclaimed and parse_file_id(finding.name) is not None

    def _release(self, tenant: TenantId, file_id: FileId) -> None:
        ports = self.audit.ports
        file = ports.files.get(tenant, file_id)
        if file is not None:
            ports.files.release(tenant, file)
        trashed = ports.trash.get(tenant, file_id)
        if trashed is not None:
            ports.trash.purge(tenant, [trashed])

    def _adopt(self, tenant: TenantId, file_id: FileId) -> str | None:
        """Record the file, and have its bytes received as if they had just come.

        Its name went with its record. It was a batch file if there is a report.
        """
        ports = self.audit.ports
        upload = ports.uploads.get(tenant, upload_of(file_id))
        called_off = upload is not None and upload.status is not UploadStatus.COMPLETED
        if called_off or self.audit.records.released(file_id):
            # It was deleted, or called off: the worker that deletes its bytes is yet to come.
            self.audit.bucket.delete([object_key(FILES, tenant, file_id)])
            return None
        stat = ports.objects.stat(tenant, file_id)
        if stat is None:
            return None
        report = ports.objects.get_report(tenant, file_id)
        purpose = Purpose.USER_DATA if report is None else Purpose.BATCH
        file = File(
            id=file_id,
            filename=file_id,
            bytes=stat.size,
            purpose=purpose,
            mime_type="application/octet-stream",
            expires_at=None,
        )
        try:
            ports.files.admit(tenant, file)
        except QuotaExceededError as full:
            return str(full)
        ports.validation_queue.enqueue(tenant, file_id)
        return None
