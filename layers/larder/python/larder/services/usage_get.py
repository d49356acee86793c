"""Tell what a project uses of its quota."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.services.reclaim import reclaim_expired

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from larder.domain.quota import Usage
    from larder.services.ports import Clock, Deadlines, FileRecords, UploadRecords, UsageRecords


def get_usage(
    tenant: TenantId,
    *,
    usage: UsageRecords,
    deadlines: Deadlines,
    files: FileRecords,
    uploads: UploadRecords,
    clock: Clock,
) -> Usage:
    """Return the project's counters, after reclaiming what has expired: expired never counts.

    Raises:
        LookupError: there is no such project.
    """
    reclaim_expired(tenant, deadlines=deadlines, files=files, uploads=uploads, clock=clock)
    found = usage.get(tenant)
    if found is None:
        raise LookupError(tenant)
    return found
