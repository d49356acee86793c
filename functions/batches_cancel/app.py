"""POST /v1/batches/{batch_id}/cancel: stop a batch, and keep what it has."""

from larder.api.batches.models import BatchObject
from larder.api.http.requests import tenant_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.runtime.composition import Composition
from larder.services.batches.cancel import cancel_batch

app = resolver()
ports = Composition.from_environment()
batches = ports.batches


@app.post("/v1/batches/<batch_id>/cancel", summary="Cancel a batch", operation_id="batches_cancel")
def batches_cancel(batch_id: str) -> BatchObject:
    """Return the batch in status `cancelling`; answers that have come stay in its output file."""
    batch = cancel_batch(tenant_of(app.current_event), batch_id, batches=batches, clock=ports.clock)
    return BatchObject.of(batch)


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate, idempotency=ports.idempotency)
