"""POST /v1/uploads: create an upload, whose bytes go straight to S3."""

from larder.api.http.requests import tenant_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.api.uploads.models import UploadObject
from larder.api.uploads.requests import UploadCreateRequest
from larder.domain.filenames import clean_filename
from larder.domain.same_names import if_exists_from
from larder.runtime.composition import Composition
from larder.runtime.observability import count_admission
from larder.services.uploads.create import CreateUpload, NewUpload

app = resolver()
ports = Composition.from_environment()
create_upload = ports.make(CreateUpload)


@app.post("/v1/uploads", summary="Create an upload", operation_id="uploads_create")
def uploads_create(request: UploadCreateRequest) -> UploadObject:
    """Reserve quota for a file of exactly `bytes` bytes. PUT it to `transfer` within an hour."""
    state = create_upload(
        tenant_of(app.current_event),
        NewUpload(
            filename=clean_filename(request.filename),
            bytes=request.bytes,
            purpose=request.purpose,
            mime_type=request.mime_type,
            expires_after=None if request.expires_after is None else request.expires_after.seconds,
            sha256=request.sha256,
            folder_id=request.folder_id,
            if_exists=if_exists_from(request.if_exists, param="if_exists"),
        ),
    )
    count_admission(state.upload.amount)
    return UploadObject.of(state)


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate, idempotency=ports.idempotency)
