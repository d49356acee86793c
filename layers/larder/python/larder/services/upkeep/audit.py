"""Audit a project's counters against its items, and repair them on request.

Larder gives quota back in the transaction that removes a record. DynamoDB's TTL removes a record
alone: the counters include it until its stream record is handled, which may take days, or never
happen. A repair must not race with that: what it leaves out would be given back a second time.
So it notes when it counted, and `release_quota` gives nothing back for what was gone by then.

TTL can take a record a day after it expires. A repair counts none that TTL could have taken when
it counted. So a record that TTL takes was left out if TTL could take it by then, and is counted
otherwise: exact in any order, however late TTL and the stream are. A record that somebody deletes
from the table by hand during a repair may stay counted until the next one, but its quota is never
given back twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from larder.domain.files import DAY
from larder.domain.quota import NOTHING
from larder.services.projects.ports import Count

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from larder.domain.quota import Usage
    from larder.services.clock import Clock
    from larder.services.projects.ports import UsageRecords
    from larder.services.quota import Reclaim

NO_DRIFT = Count(used=NOTHING, reserved=NOTHING)

CLOCK_ERROR = 900
"""Seconds by which an operator's clock may be slow. AWS refuses requests from worse ones:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
"""


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


def repair_counters(
    tenant: TenantId, *, usage: UsageRecords, reclaim_all: Reclaim, clock: Clock
) -> bool:
    """Release what has expired, and set the counters to what is stored then.

    Exact while clients and workers go on, and while removals wait for their stream records.
    Returns False if the counters changed meanwhile, or what expired a day ago is still there.
    """
    while reclaim_all(tenant):
        pass
    found = audit_counters(tenant, usage=usage)
    # Read after the count: what the count missed was gone by then.
    at = int(clock()) + CLOCK_ERROR
    if found is None or found.disturbed:
        return False
    expiry = found.counted.first_expiry
    if expiry is not None and expiry + DAY <= at:
        return False
    return usage.set_counted(tenant, found.usage.version, found.counted, at)
