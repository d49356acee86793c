"""Admit files and uploads to a project's quota. Expired ones do not count against it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.domain.errors import (
    ContentionError,
    ProjectFullError,
    QuotaExceededError,
    ThrottledError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder.domain.ids import TenantId
    from larder.domain.quota import Held

type Reclaim = Callable[[TenantId], bool]
"""Releases the project's expired files and uploads, and returns whether it left some."""

type HeldQuota = Callable[[TenantId], Held]
"""Looks up what fills the project's quota besides the files in lists."""


def admit(
    tenant: TenantId, admission: Callable[[], None], *, reclaim: Reclaim, held_quota: HeldQuota
) -> None:
    """Call `admission`. If there is no room, reclaim what has expired and call it once more.

    Raises:
        QuotaExceededError: there is still no room; the message says what fills the project.
        ProjectFullError: the project has as many records as it can have.
        ContentionError: there is no room yet, and more has expired than one request reclaims.
    """
    try:
        admission()
    except (QuotaExceededError, ProjectFullError):
        more_has_expired = reclaim(tenant)
        try:
            # Even if nothing was reclaimed here: another request may have done it just now.
            admission()
        except (QuotaExceededError, ProjectFullError) as full:
            if more_has_expired:
                raise ContentionError from None
            if isinstance(full, ProjectFullError):
                raise
            try:
                held = held_quota(tenant)
            except ThrottledError:
                raise full from None
            raise full.explained(held) from None
