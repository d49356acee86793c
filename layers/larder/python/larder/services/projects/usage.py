"""Get a project's usage of its quota."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from larder.domain.quota import Usage
    from larder.services.projects.ports import UsageRecords
    from larder.services.quota import Reclaim


def get_usage(tenant: TenantId, *, usage: UsageRecords, reclaim: Reclaim) -> Usage:
    """Return the project's counters, after expired files and uploads are reclaimed.

    Raises:
        LookupError: there is no such project.
    """
    reclaim(tenant)
    found = usage.get(tenant)
    if found is None:
        raise LookupError(tenant)
    return found
