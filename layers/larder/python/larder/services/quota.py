"""Take quota of a project, of which expired files and uploads count for nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.domain.errors import QuotaExceededError

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder.domain.ids import TenantId

type Reclaim = Callable[[TenantId], int]
"""Releases the project's expired files and uploads, and returns how many there were."""


def admit(tenant: TenantId, admission: Callable[[], None], *, reclaim: Reclaim) -> None:
    """Call `admission`; when the quota is full, reclaim what has expired and call it once more.

    Raises:
        QuotaExceededError: there is no room even so.
    """
    try:
        admission()
    except QuotaExceededError:
        reclaim(tenant)
        # Whether or not anything was reclaimed: another request may have just done it.
        admission()
