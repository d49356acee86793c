"""Admit files and uploads to a project's quota. Expired ones do not count against it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.domain.errors import ProjectFullError, QuotaExceededError

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder.domain.ids import TenantId

type Reclaim = Callable[[TenantId], int]
"""Releases the project's expired files and uploads, and returns their number."""


def admit(tenant: TenantId, admission: Callable[[], None], *, reclaim: Reclaim) -> None:
    """Call `admission`. If there is no room, reclaim what has expired and call it once more.

    Raises:
        QuotaExceededError: there is still no room.
        ProjectFullError: the project has as many records as it can have.
    """
    try:
        admission()
    except (QuotaExceededError, ProjectFullError):
        reclaim(tenant)
        # Even if nothing was reclaimed here: another request may have done it just now.
        admission()
