"""POST /v1/batches/{batch_id}/retry: run the requests again that have no good answer."""

from larder.api.batches.models import BatchObject
from larder.api.http.requests import tenant_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.runtime.composition import Composition
from larder.services.batches.retry import RetryBatch

app = resolver()
ports = Composition.from_environment()
retry_batch = ports.make(RetryBatch)


@app.post("/v1/batches/<batch_id>/retry", summary="Retry a batch", operation_id="batches_retry")
def batches_retry(batch_id: str) -> BatchObject:
    """Return the batch over what an ended one left; the same one however often it is asked for."""
    return BatchObject.of(retry_batch(tenant_of(app.current_event), batch_id))


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate, idempotency=ports.idempotency)
