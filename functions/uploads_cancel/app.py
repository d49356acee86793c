"""POST /v1/uploads/{upload_id}/cancel: cancel an upload."""

from larder.api.http.requests import tenant_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.api.uploads.models import UploadObject
from larder.runtime.composition import Composition
from larder.runtime.observability import count
from larder.services.uploads.cancel import cancel_upload

app = resolver()
ports = Composition.from_environment()
uploads, parts = ports.uploads, ports.parts


@app.post(
    "/v1/uploads/<upload_id>/cancel", summary="Cancel an upload", operation_id="uploads_cancel"
)
def uploads_cancel(upload_id: str) -> UploadObject:
    """Cancel the upload and free its quota. Bytes that arrive later are deleted."""
    state = cancel_upload(tenant_of(app.current_event), upload_id, uploads=uploads, parts=parts)
    count("GivenBack")
    return UploadObject.of(state)


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate, idempotency=ports.idempotency)
