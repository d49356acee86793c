"""POST /v1/uploads/{upload_id}/complete: complete an upload: turn arrived bytes into a file."""

from aws_lambda_powertools.event_handler import content_types
from aws_lambda_powertools.event_handler.api_gateway import Response

from larder.api.files.content import digest_header
from larder.api.http.requests import tenant_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.api.uploads.models import UploadObject
from larder.api.uploads.requests import UploadCompleteRequest
from larder.runtime.composition import Composition
from larder.services.uploads.complete import CompleteUpload

app = resolver()
ports = Composition.from_environment()
complete_upload = ports.make(CompleteUpload)


@app.post(
    "/v1/uploads/<upload_id>/complete",
    summary="Complete an upload",
    operation_id="uploads_complete",
)
def uploads_complete(upload_id: str, request: UploadCompleteRequest) -> Response[UploadObject]:
    """Return the completed upload with its file. Repeating the request returns the same."""
    state = complete_upload(
        tenant_of(app.current_event), upload_id, part_ids=request.part_ids, md5=request.md5
    )
    headers = {} if state.file is None else digest_header(state.file)
    return Response(200, content_types.APPLICATION_JSON, UploadObject.of(state), headers)


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate, idempotency=ports.idempotency)
