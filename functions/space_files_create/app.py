"""POST /v1/storage/files: store a small file in the Space."""

from larder.api.http.requests import raw_body, tenant_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.api.space.form import space_form
from larder.api.space.models import SpaceFile
from larder.api.space.params import OnSameName
from larder.domain.files import Purpose
from larder.domain.same_names import if_exists_from
from larder.runtime.composition import Composition
from larder.runtime.observability import count_admission
from larder.services.files.create import CreateFile, NewFile
from larder.services.uploads.create_named import CreateNamedFile

app = resolver(camel_case=True)
ports = Composition.from_environment()
create_file, create_named = ports.make(CreateFile), ports.make(CreateNamedFile)


@app.post(
    "/v1/storage/files", summary="Upload a file of up to 2 MiB", operation_id="space_files_create"
)
def space_files_create(if_exists: OnSameName = None) -> SpaceFile:
    """Store a file, in a folder and with tags if the form names them."""
    event = app.current_event
    tenant, same_name = tenant_of(event), if_exists_from(if_exists, param="if_exists")
    form = space_form(event.headers.get("content-type"), raw_body(event))
    new = NewFile(
        filename=form.file.filename,
        data=form.file.data,
        purpose=Purpose.USER_DATA,
        mime_type=form.file.content_type,
        folder_id=form.folder_id,
        tags=form.tags,
    )
    file = create_named(tenant, new, same_name) if same_name else create_file(tenant, new)
    count_admission(file.amount)
    return SpaceFile.of(file)


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate, idempotency=ports.idempotency)
