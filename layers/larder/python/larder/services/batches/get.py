"""Find one batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.domain.errors import NotFoundError
from larder.domain.ids import parse_batch_id

if TYPE_CHECKING:
    from larder.domain.batches import Batch
    from larder.domain.ids import TenantId
    from larder.services.batches.ports import BatchRecords


def get_batch(tenant: TenantId, batch_id: str, *, batches: BatchRecords) -> Batch:
    """Return the project's batch with that id.

    Raises:
        NotFoundError: there is none for this project: another's, long ended or random.
    """
    parsed = parse_batch_id(batch_id)
    batch = None if parsed is None else batches.get(tenant, parsed)
    if batch is None:
        raise NotFoundError("Batch", batch_id)
    return batch
