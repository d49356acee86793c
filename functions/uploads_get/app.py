"""GET /v1/uploads/{upload_id}: how far an upload has come."""

from larder.api.http.requests import tenant_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.api.uploads.models import UploadObject
from larder.runtime.composition import Composition
from larder.services.uploads.get import get_upload

app = resolver()
ports = Composition.from_environment()
files, uploads, objects, parts = ports.files, ports.uploads, ports.objects, ports.parts


@app.get("/v1/uploads/<upload_id>", summary="Retrieve an upload", operation_id="uploads_get")
def uploads_get(upload_id: str) -> UploadObject:
    """Return the upload; while it is pending, with a fresh `transfer`."""
    state = get_upload(
        tenant_of(app.current_event),
        upload_id,
        files=files,
        uploads=uploads,
        objects=objects,
        parts=parts,
        clock=ports.clock,
    )
    return UploadObject.of(state)


lambda_handler = lambda_handler_for(app)
