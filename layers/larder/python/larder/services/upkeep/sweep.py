"""Sweep what has fallen due: expired files, abandoned uploads, files never validated.

Each of these also happens in another way: a request reclaims, DynamoDB's TTL removes, the queue
redelivers. The sweeper makes it happen on time when that has failed.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from itertools import batched
from typing import TYPE_CHECKING, Any

from larder.services.upkeep.audit import NO_DRIFT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from larder.domain.quota import Usage
    from larder.services.clock import Clock
    from larder.services.projects.ports import Count
    from larder.services.upkeep.ports import Deadlines, DueItem, SweepPlaces


class SweepResult(StrEnum):
    """What the sweeper did with one item."""

    EXPIRED = "expired"
    COMPLETED = "completed"
    ABANDONED = "abandoned"
    PARTS_CLEARED = "parts_cleared"
    ANNOUNCED_AGAIN = "announced_again"
    FOLDER_TAKEN_UP = "folder_taken_up"
    BATCH_RESTARTED = "batch_restarted"
    BATCH_RUNNING = "batch_running"
    BATCH_STUCK = "batch_stuck"
    WEBHOOK_WOKEN = "webhook_woken"
    COUNTERS_EXACT = "counters_exact"
    COUNTERS_DRIFTED = "counters_drifted"
    COUNTERS_UNFINISHED = "counters_unfinished"
    COUNTERS_BUSY = "counters_busy"
    NOTHING_TO_DO = "nothing_to_do"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Swept:
    """The result of sweeping one item.

    An audit sets `usage`, the kept counters, and `drift`, these minus the counted ones.
    """

    due: DueItem
    result: SweepResult
    usage: Usage | None = None
    drift: Count = NO_DRIFT
    error: Exception | None = None


type Sweepers = Mapping[type[DueItem], Callable[[Any], Swept]]
"""What the sweeper does with each kind of item."""


KEPT_EVERY = 25
"""How many items the sweeper skips until the next round if one of them kills it."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """Sweep what is due, and return how often each result occurred.

    A failure does not hold up the rest. A sweep that does not get through keeps how far it came,
    also when it dies, and the next one goes on from there. An item of a kind without a sweeper
    fails.
    """

    deadlines: Deadlines
    places: SweepPlaces
    sweepers: Sweepers
    clock: Clock

    def __call__(
        self, *, keep_going: Callable[[], bool], report: Callable[[Swept], None]
    ) -> Counter[SweepResult]:
        """Sweep each item while `keep_going()`, and call `report` for it."""
        results: Counter[SweepResult] = Counter()
        before = self.places.get()
        reached = dict(before)
        due = self.deadlines.due(self.clock(), before)
        for some in batched(due, KEPT_EVERY, strict=False):
            # Before they are swept: a sweep that one of them kills must not begin with it again.
            self.places.keep(reached | {each.queue: each.place for each in some})
            for each in some:
                if not keep_going():
                    self.places.keep(reached)
                    return results
                swept = self._sweep(each)
                reached[each.queue] = each.place
                results[swept.result] += 1
                report(swept)
        if reached:
            self.places.keep({})
        return results

    def _sweep(self, due: DueItem) -> Swept:
        try:
            return self.sweepers[type(due)](due)
        except Exception as error:  # noqa: BLE001 - reported; the next sweep finds it again
            return Swept(due, SweepResult.FAILED, error=error)


def seconds_behind(*, deadlines: Deadlines, clock: Clock) -> int:
    """Return for how long the longest overdue item has been due, in seconds; 0 if nothing is."""
    now = int(clock())
    oldest = deadlines.oldest_due(now)
    return 0 if oldest is None else now - oldest
