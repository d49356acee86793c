"""Compare a project's counters with what it stores, and put them right when told to."""

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
    """The counters as kept and as counted; `disturbed` when they changed meanwhile."""

    usage: Usage
    counted: Count
    disturbed: bool

    @property
    def drift(self) -> Count:
        """What is kept, minus what was counted; says nothing when disturbed."""
        return Count(
            used=self.usage.used - self.counted.used,
            reserved=self.usage.reserved - self.counted.reserved,
        )


def audit_counters(tenant: TenantId, *, usage: UsageRecords) -> Audit | None:
    """Recount what the project stores; None for an unknown project."""
    before = usage.get(tenant)
    if before is None:
        return None
    counted = usage.recount(tenant)
    after = usage.get(tenant)
    disturbed = after is None or after.version != before.version
    return Audit(before, counted, disturbed)


def repair_counters(tenant: TenantId, found: Audit, *, usage: UsageRecords) -> bool:
    """Set the counters to what is stored, if they have drifted as `found` says, still.

    Let a minute pass between the two: for as long as a record is gone and the news of it is on
    its way, there is a drift that ends by itself, and that a repair would turn into another.
    Returns False when the drift is another one now, or the counters are changing.
    """
    now = audit_counters(tenant, usage=usage)
    if now is None or now.disturbed or now.drift != found.drift:
        return False
    return usage.set_counted(tenant, now.usage.version, now.counted)
