"""POST /v1/files: store a small file from the request's body."""

from aws_lambda_powertools.event_handler import content_types
from aws_lambda_powertools.event_handler.api_gateway import Response

from larder.api.files.content import digest_header
from larder.api.files.form import file_form
from larder.api.files.models import FileObject
from larder.api.http.requests import raw_body, tenant_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.runtime.composition import Composition
from larder.runtime.observability import count_admission
from larder.services.files.create import CreateFile, NewFile

app = resolver()
ports = Composition.from_environment()
create_file = ports.make(CreateFile)


@app.post("/v1/files", summary="Upload a file of up to 2 MiB", operation_id="files_create")
def files_create() -> Response[FileObject]:
    """Store a file. A batch file is validated line by line: its status is final."""
    event = app.current_event
    form = file_form(event.headers.get("content-type"), raw_body(event))
    file = create_file(
        tenant_of(event),
        NewFile(
            filename=form.file.filename,
            data=form.file.data,
            purpose=form.purpose,
            mime_type=form.file.content_type,
            expires_after=form.expires_after,
            folder_id=form.folder_id,
            sha256=form.sha256,
        ),
    )
    count_admission(file.amount)
    return Response(200, content_types.APPLICATION_JSON, FileObject.of(file), digest_header(file))


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate, idempotency=ports.idempotency)
