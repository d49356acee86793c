"""Audit a project's counters against its items, and repair them on request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from larder.domain.quota import NOTHING
from larder.services.projects.ports import Count

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from larder.domain.quota import Usage
    from larder.services.projects.ports import UsageRecords

NO_DRIFT = Count(used=NOTHING, reserved=NOTHING)


@dataclass(frozen=True, slots=True)
class Audit:
    """The counters as kept and as counted. `disturbed`: they changed during the count."""

    usage: Usage
    counted: Count
    disturbed: bool

    @property
    def drift(self) -> Count:
        """The kept counters minus the counted ones; meaningless if disturbed."""
        return Count(
            used=self.usage.used - self.counted.used,
            reserved=self.usage.reserved - self.counted.reserved,
        )


def audit_counters(tenant: TenantId, *, usage: UsageRecords) -> Audit | None:
    """Recount the project's items; None if there is no such project."""
    before = usage.get(tenant)
    if before is None:
        return None
    counted = usage.recount(tenant)
    after = usage.get(tenant)
    disturbed = after is None or after.version != before.version
    return Audit(before, counted, disturbed)


def repair_counters(tenant: TenantId, found: Audit, *, usage: UsageRecords) -> bool:
    """Set the counters to what is stored, if they still have the drift that was `found`.

    Wait a minute between audit and repair. While a record is gone and its removal is still in the
    stream, there is a drift that ends by itself, and a repair would cause the opposite one.
    Returns False if the drift is different now, or the counters are changing.
    """
    now = audit_counters(tenant, usage=usage)
    if now is None or now.disturbed or now.drift != found.drift:
        return False
    return usage.set_counted(tenant, now.usage.version, now.counted)
