"""Get a project's usage of its quota."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from larder.domain.errors import NotFoundError
from larder.services.budget import time_for

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from larder.domain.quota import Usage
    from larder.services.budget import Stopwatch
    from larder.services.clock import Clock
    from larder.services.projects.ports import UsageRecords
    from larder.services.quota import Reclaim

COUNT_SECONDS = 5
"""How long expired files are added up that could not be reclaimed: some 10,000."""


def counters(tenant: TenantId, *, usage: UsageRecords) -> Usage:
    """Return a project's counters as they are, what has expired and is still there included.

    Raises:
        NotFoundError: there is no such project.
    """
    found = usage.get(tenant)
    if found is None:
        raise NotFoundError("Project", tenant)
    return found


@dataclass(frozen=True, slots=True)
class GetUsage:
    """Return a project's counters without what has expired.

    Expired files and uploads are reclaimed. Where more has expired than a request reclaims, the
    rest of the files is added up and subtracted. An upload counts until somebody has looked whether
    its bytes are there: if they are, it does not expire.
    """

    usage: UsageRecords
    reclaim: Reclaim
    clock: Clock
    stopwatch: Stopwatch

    def __call__(self, tenant: TenantId) -> Usage:
        """Get the usage.

        Raises:
            LookupError: there is no such project.
        """
        if not self.reclaim(tenant):
            return self._counters(tenant)
        keep_going = time_for(COUNT_SECONDS, self.stopwatch)
        while True:
            found = self._counters(tenant)
            expired = self.usage.expired_files(tenant, self.clock(), keep_going=keep_going)
            # A file that was released meanwhile is still in `found`, and no longer in `expired`.
            if self._counters(tenant).version == found.version or not keep_going():
                return found.without(expired)

    def _counters(self, tenant: TenantId) -> Usage:
        found = self.usage.get(tenant)
        if found is None:
            raise LookupError(tenant)
        return found
