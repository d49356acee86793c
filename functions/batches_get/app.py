"""GET /v1/batches/{batch_id}: one batch, and how far it is."""

from larder.api.batches.models import BatchObject
from larder.api.http.requests import tenant_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.runtime.composition import Composition
from larder.services.batches.get import get_batch

app = resolver()
ports = Composition.from_environment()
batches = ports.batches


@app.get("/v1/batches/<batch_id>", summary="Retrieve a batch", operation_id="batches_get")
def batches_get(batch_id: str) -> BatchObject:
    """Return the batch, as of now."""
    return BatchObject.of(get_batch(tenant_of(app.current_event), batch_id, batches=batches))


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate)
