"""GET /v1/files/{file_id}: one file's metadata."""

from aws_lambda_powertools.event_handler import content_types
from aws_lambda_powertools.event_handler.api_gateway import Response

from larder.api.files.content import digest_header
from larder.api.files.models import FileObject
from larder.api.http.requests import tenant_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.runtime.composition import Composition
from larder.services.files.get import get_file

app = resolver()
ports = Composition.from_environment()
files = ports.files


@app.get("/v1/files/<file_id>", summary="Retrieve a file", operation_id="files_get")
def files_get(file_id: str) -> Response[FileObject]:
    """Return the file's metadata. Once its SHA-256 is known, `Larder-Sha256` has it."""
    file = get_file(tenant_of(app.current_event), file_id, files=files, clock=ports.clock)
    return Response(200, content_types.APPLICATION_JSON, FileObject.of(file), digest_header(file))


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate)
