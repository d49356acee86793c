"""Executions of the state machine in memory: all that were started run on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from larder.services.batches.ports import ExecutionNotStartedError

if TYPE_CHECKING:
    from larder.domain.ids import BatchId, TenantId


@dataclass
class InMemoryExecutions:
    """`Executions` in memory, with what was started in order; none can be while `away`."""

    away: bool = False
    started: list[tuple[TenantId, BatchId, int]] = field(default_factory=list)

    def start(self, tenant: TenantId, batch_id: BatchId, execution: int) -> None:
        if self.away:
            raise ExecutionNotStartedError(batch_id)
        self.started.append((tenant, batch_id, execution))

    def running(self, batch_id: BatchId, execution: int) -> bool:
        return any((batch_id, execution) == each[1:] for each in self.started)
