"""GET /v1/uploads/{upload_id}: an upload, with what is left to send."""

from larder.api.http.requests import tenant_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.api.uploads.models import UploadObject
from larder.runtime.composition import Composition
from larder.services.uploads.get import GetUpload

app = resolver()
ports = Composition.from_environment()
get_upload = ports.make(GetUpload)


@app.get("/v1/uploads/<upload_id>", summary="Retrieve an upload", operation_id="uploads_get")
def uploads_get(upload_id: str) -> UploadObject:
    """Return the upload. While it is pending, `transfer` has new URLs."""
    return UploadObject.of(get_upload(tenant_of(app.current_event), upload_id))


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate)
