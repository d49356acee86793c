"""POST /v1/storage/files: store a small file in the Space."""

from larder.api.http.requests import raw_body, tenant_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.api.space.form import space_form
from larder.api.space.models import SpaceFile
from larder.domain.files import Purpose
from larder.runtime.composition import Composition
from larder.runtime.observability import count_admission
from larder.services.files.create import CreateFile, NewFile

app = resolver(camel_case=True)
ports = Composition.from_environment()
create_file = ports.make(CreateFile)


@app.post(
    "/v1/storage/files", summary="Upload a file of up to 2 MiB", operation_id="space_files_create"
)
def space_files_create() -> SpaceFile:
    """Store a file, in a folder and with tags if the form names them."""
    event = app.current_event
    form = space_form(event.headers.get("content-type"), raw_body(event))
    file = create_file(
        tenant_of(event),
        NewFile(
            filename=form.file.filename,
            data=form.file.data,
            purpose=Purpose.USER_DATA,
            mime_type=form.file.content_type,
            folder_id=form.folder_id,
            tags=form.tags,
        ),
    )
    count_admission(file.amount)
    return SpaceFile.of(file)


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate, idempotency=ports.idempotency)
