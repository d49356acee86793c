"""A project's usage day by day."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from larder.domain.errors import InvalidParameterError
from larder.domain.files import DAY
from larder.services.projects.ports import UsageDay

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from larder.domain.quota import Usage
    from larder.services.clock import Clock
    from larder.services.projects.ports import UsageRecords

MAX_DAYS = 90
DEFAULT_DAYS = 30


def read_usage_history(
    tenant: TenantId, days: int, *, usage: UsageRecords, clock: Clock
) -> list[UsageDay]:
    """Return a project's usage of the last `days` (1..90) at most, today as it is now.

    The sweeper keeps a record of each day that it audits the project on. A day without one is left
    out: nothing is made up for it.

    Raises:
        InvalidParameterError: `days` is out of range.
        LookupError: there is no such project.
    """
    if not 1 <= days <= MAX_DAYS:
        raise InvalidParameterError(
            f"days must be between 1 and {MAX_DAYS}, not {days}.", param="days"
        )
    now = clock()
    today, first = date_of(now), date_of(now - (days - 1) * DAY)
    current = usage.get(tenant)
    if current is None:
        raise LookupError(tenant)
    before = [day for day in usage.days(tenant, first) if day.date < today]
    return [*before, UsageDay(today, current.used)]


def keep_day(tenant: TenantId, current: Usage, *, usage: UsageRecords, clock: Clock) -> None:
    """Keep what the project uses now as its usage of today."""
    usage.keep_day(tenant, UsageDay(date_of(clock()), current.used))


def date_of(at: float) -> str:
    """Return the day of a time (unix seconds) in UTC, as `YYYY-MM-DD`."""
    return datetime.fromtimestamp(at, UTC).date().isoformat()
