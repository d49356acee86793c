"""POST /v1/batches: have the requests of a file answered."""

from larder.api.batches.models import BatchCreateRequest, BatchObject
from larder.api.http.idempotency import idempotency_key
from larder.api.http.requests import tenant_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.runtime.composition import Composition
from larder.services.batches.create import CreateBatch, NewBatch

app = resolver()
ports = Composition.from_environment()
create_batch = ports.make(CreateBatch)


@app.post("/v1/batches", summary="Create a batch", operation_id="batches_create")
def batches_create(request: BatchCreateRequest) -> BatchObject:
    """Return the new batch; what is wrong inside its file shows when it has become `failed`."""
    expires_after = request.output_expires_after
    batch = create_batch(
        tenant_of(app.current_event),
        NewBatch(
            input_file_id=request.input_file_id,
            endpoint=request.endpoint,
            completion_window=request.completion_window,
            metadata=request.metadata,
            output_lifetime=None if expires_after is None else expires_after.seconds,
            request_key=idempotency_key(app.current_event.raw_event),
        ),
    )
    return BatchObject.of(batch)


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate, idempotency=ports.idempotency)
