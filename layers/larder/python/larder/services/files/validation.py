"""Get the validation report of a batch file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.domain.errors import ConflictError, NotFoundError
from larder.domain.files import FileStatus, Purpose
from larder.services.files.get import get_file

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from larder.services.clock import Clock
    from larder.services.files.ports import FileRecords
    from larder.services.object_store import ObjectStore


def get_validation(
    tenant: TenantId, file_id: str, *, files: FileRecords, objects: ObjectStore, clock: Clock
) -> bytes:
    """Return the file's validation report as JSON.

    Raises:
        NotFoundError: there is no such file for this project, or it is not a batch file.
        ConflictError: the validation has not finished. The client may try again.
        LookupError: the file is validated and its report is missing, which is a fault of ours.
    """
    file = get_file(tenant, file_id, files=files, clock=clock)
    if file.purpose is not Purpose.BATCH:
        raise NotFoundError(
            "Validation",
            file_id,
            why=f"the file's purpose is {file.purpose}, and only batch files are validated.",
        )
    if file.status is FileStatus.UPLOADED:
        raise ConflictError(
            f"{file_id} has not been validated yet: its status is uploaded. "
            "Try again in a few seconds.",
            code="validation_pending",
            permanent=False,
        )
    report = objects.get_report(tenant, file.id)
    if report is None:
        message = f"the report of {file.id}, which was validated, is missing"
        raise LookupError(message)
    return report
