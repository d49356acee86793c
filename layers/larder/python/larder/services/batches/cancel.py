"""Cancel a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.domain.batches import BatchStatus
from larder.domain.errors import ConflictError, ContentionError
from larder.services.batches.get import get_batch

if TYPE_CHECKING:
    from larder.domain.batches import Batch
    from larder.domain.ids import TenantId
    from larder.services.batches.ports import BatchRecords
    from larder.services.clock import Clock

_ATTEMPTS = 3


def cancel_batch(tenant: TenantId, batch_id: str, *, batches: BatchRecords, clock: Clock) -> Batch:
    """Return the batch in status `cancelling`; its workers see it within a second.

    Answers that have come are kept, and requests under way may still add to them.

    Raises:
        NotFoundError: the project has no such batch.
        ConflictError: the batch has ended.
    """
    for _ in range(_ATTEMPTS):
        batch = get_batch(tenant, batch_id, batches=batches)
        if batch.status.terminal:
            raise ConflictError(
                f"Batch {batch.id} is {batch.status} and cannot be cancelled.",
                code="batch_ended",
                permanent=True,
            )
        if batch.status is BatchStatus.CANCELLING:
            return batch
        batches.cancel(tenant, batch, at=int(clock()))
    raise ContentionError
