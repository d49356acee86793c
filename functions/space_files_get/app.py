"""GET /v1/storage/files/{file_id}: a file with its bytes, or with a download link."""

from aws_lambda_powertools.event_handler import content_types
from aws_lambda_powertools.event_handler.api_gateway import Response

from larder.api.files.content import never_rendered
from larder.api.http.requests import tenant_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.api.space.models import FileWithContent, FileWithMetadata, whole_file
from larder.runtime.composition import Composition
from larder.services.space.read_file import read_file

app = resolver(camel_case=True)
ports = Composition.from_environment()
files, objects = ports.files, ports.objects


@app.get(
    "/v1/storage/files/<file_id>",
    summary="Retrieve a file with its content",
    operation_id="space_files_get",
)
def space_files_get(file_id: str) -> Response[FileWithContent | FileWithMetadata]:
    """Return the file with its bytes in base64; from 4 MiB on, with a download link."""
    file, content = read_file(
        tenant_of(app.current_event), file_id, files=files, objects=objects, clock=ports.clock
    )
    return Response(
        200, content_types.APPLICATION_JSON, whole_file(file, content), never_rendered(file)
    )


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate)
