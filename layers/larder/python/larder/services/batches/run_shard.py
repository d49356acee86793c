"""Work through a shard: ask for the lines without an answer, and store each chunk once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from larder.domain.batches import BatchStatus
from larder.services.batches.pauses import pause
from larder.services.batches.shard_state import ShardState

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder.domain.batch_kept import KeptGate
    from larder.domain.ids import BatchId, TenantId
    from larder.services.batches.model_ports import ModelCalls, RateLimits, UpstreamRecords
    from larder.services.batches.object_ports import BatchObjects
    from larder.services.batches.ports import BatchRecords
    from larder.services.clock import Clock

GRACE_SECONDS = 30
"""Seconds that requests under way get once a worker stops: they are paid for."""

POLL_SECONDS = 1.0
"""Seconds between two looks at the batch's status."""

_IDLE_SECONDS = 5.0
"""A worker with nothing to do for longer hands the shard back, and costs nothing meanwhile."""

_TICK = 0.25
_LEAST_TICK = 0.01


@dataclass(frozen=True, slots=True)
class ShardResult:
    """Whether the shard has lines left to ask for, and the seconds to wait before that.

    `answers` have come meanwhile, and the upstreams named in `unreachable` cannot be reached.
    """

    more: bool
    wait: int = 0
    answers: int = 0
    unreachable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RunShard:
    """Send a shard's requests, many at a time, and keep every answer."""

    batches: BatchRecords
    batch_objects: BatchObjects
    upstreams: UpstreamRecords
    limits: RateLimits
    calls: ModelCalls
    clock: Clock
    jitter: Callable[[], float]
    """Returns a number from 0 up to 1."""
    learned: dict[BatchId, list[KeptGate]] = field(default_factory=dict, init=False)
    """What this process knows of the upstreams of the batch that it worked on last."""

    def __call__(
        self, tenant: TenantId, batch_id: BatchId, shard: int, *, keep_going: Callable[[], bool]
    ) -> ShardResult:
        """Work until the shard is done, the batch stops, or `keep_going()` says no.

        Any number of workers may run the same shard at the same time: what each stores is stored
        once. A worker that is killed loses what came since it last saved.
        """
        # A worker before this one, in the same process, may have left calls behind.
        self.calls.abandon()
        batch = self.batches.get(tenant, batch_id)
        plan = self.batch_objects.get_plan(tenant, batch_id)
        if batch is None or plan is None or batch.stopping(self.clock()):
            return ShardResult(more=False)
        state = ShardState(tenant, batch, shard, plan, self)
        polled = self.clock()
        stopping = False
        while keep_going() and not (stopping or state.stopped or state.done):
            state.open_chunks()
            state.send()
            idle = state.idle_seconds()
            if self.calls.in_flight == 0 and idle is not None and idle > _IDLE_SECONDS:
                break
            state.receive(_TICK if idle is None else min(_TICK, max(_LEAST_TICK, idle)))
            state.save(at_once=False)
            if self.clock() - polled >= POLL_SECONDS:
                polled = self.clock()
                current = self.batches.get(tenant, batch_id)
                stopping = current is None or current.stopping(polled)
        ends = self.clock() + GRACE_SECONDS
        while self.calls.in_flight and self.clock() < ends:
            state.receive(min(_TICK, ends - self.clock()))
        state.save(at_once=True)
        if learned := state.routes.to_keep():
            self.learned.clear()
            self.learned[batch_id] = learned
        current = self.batches.get(tenant, batch_id)
        unfinished = (
            current is not None
            and current.status is BatchStatus.IN_PROGRESS
            and not current.overdue(self.clock())
            and not state.done
        )
        return ShardResult(
            more=unfinished,
            wait=pause(state.idle_seconds() or 0.0) if unfinished else 0,
            answers=state.routes.answers,
            unreachable=state.routes.unreachable,
        )
