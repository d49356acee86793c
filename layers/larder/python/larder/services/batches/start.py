"""Start a batch that has been recorded."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from larder.domain.batches import BatchStatus
from larder.domain.errors import ContentionError
from larder.services.batches.ports import ExecutionNotStartedError

if TYPE_CHECKING:
    from larder.domain.batches import Batch
    from larder.domain.ids import TenantId
    from larder.services.batches.ports import BatchRecords, Executions
    from larder.services.clock import Clock

START_GRACE = 120
"""Seconds after which the sweeper starts a batch whose own start was never tried."""


def start_batch(
    tenant: TenantId, batch: Batch, *, batches: BatchRecords, executions: Executions, clock: Clock
) -> Batch:
    """Start the execution of a batch that has not begun, and return the batch.

    Where that fails, the next sweep starts it.

    The batch is recorded, and the sweeper runs what is recorded. So a failure here is no failure
    of the request: a client that was told so would send it again, and pay for two batches.
    """
    if batch.status is not BatchStatus.VALIDATING:
        return batch
    try:
        executions.start(tenant, batch.id, batch.execution)
    except ExecutionNotStartedError:
        with suppress(ContentionError):
            batches.reschedule(tenant, batch, execution=batch.execution, check_at=int(clock()))
    return batch
