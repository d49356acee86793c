"""Sweep what has fallen due: expired files, abandoned uploads, files never validated.

Each of these also happens in another way: a request reclaims, DynamoDB's TTL removes, the queue
redelivers. The sweeper makes it happen on time when that has failed.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from larder.services.upkeep.audit import NO_DRIFT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from larder.domain.quota import Usage
    from larder.services.clock import Clock
    from larder.services.projects.ports import Count
    from larder.services.upkeep.ports import Deadlines, DueItem


class SweepResult(StrEnum):
    """What the sweeper did with one item."""

    EXPIRED = "expired"
    ABANDONED = "abandoned"
    PARTS_CLEARED = "parts_cleared"
    ANNOUNCED_AGAIN = "announced_again"
    FOLDER_TAKEN_UP = "folder_taken_up"
    BATCH_RESTARTED = "batch_restarted"
    BATCH_RUNNING = "batch_running"
    BATCH_STUCK = "batch_stuck"
    COUNTERS_EXACT = "counters_exact"
    COUNTERS_DRIFTED = "counters_drifted"
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


def sweep_due(
    *,
    keep_going: Callable[[], bool],
    report: Callable[[Swept], None],
    deadlines: Deadlines,
    sweepers: Sweepers,
    clock: Clock,
) -> Counter[SweepResult]:
    """Sweep each item that is due, while `keep_going()`. A failure does not hold up the rest.

    Calls `report` for each item, and returns how often each result occurred. An item of a kind
    without a sweeper fails.
    """
    results: Counter[SweepResult] = Counter()
    for due in deadlines.due(clock()):
        if not keep_going():
            break
        try:
            swept = sweepers[type(due)](due)
        except Exception as error:  # noqa: BLE001 - reported; the next sweep finds it again
            swept = Swept(due, SweepResult.FAILED, error=error)
        results[swept.result] += 1
        report(swept)
    return results
