"""POST /v1/uploads/{upload_id}/parts: add a part to an upload from the request's body."""

from larder.api.http.multipart_form import sole_part
from larder.api.http.requests import raw_body, tenant_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.api.uploads.models import UploadPart
from larder.domain.ids import created_at
from larder.runtime.composition import Composition
from larder.services.uploads.add_part import create_part

app = resolver()
ports = Composition.from_environment()
uploads, parts = ports.uploads, ports.parts


@app.post(
    "/v1/uploads/<upload_id>/parts", summary="Add a part to an upload", operation_id="parts_create"
)
def parts_create(upload_id: str) -> UploadPart:
    """Store up to 2 MiB of the upload. `complete` says in which order the parts belong."""
    event = app.current_event
    data = sole_part(event.headers.get("content-type"), raw_body(event), name="data")
    part_id = create_part(
        tenant_of(event), upload_id, data, uploads=uploads, parts=parts, clock=ports.clock
    )
    return UploadPart(id=part_id, created_at=created_at(part_id), upload_id=upload_id)


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate, idempotency=ports.idempotency)
