"""The gate that whatever takes quota passes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder.domain.ids import TenantId


class QuotaGate(Protocol):
    """A project's quota, of which what has expired counts for nothing."""

    def admit(self, tenant: TenantId, admit: Callable[[], None]) -> None:
        """Call `admit`; when the quota is full, reclaim what has expired and call it once more.

        Raises:
            QuotaExceededError: there is no room even so.
        """

    def reclaim(self, tenant: TenantId) -> int:
        """Release the project's expired files and uploads, and return how many there were."""
