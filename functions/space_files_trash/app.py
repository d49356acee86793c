"""DELETE /v1/storage/files/{file_id}: move a file to the trash."""

from larder.api.http.requests import tenant_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.api.space.models import FileGone
from larder.runtime.composition import Composition
from larder.services.space.trash_file import trash_file

app = resolver(camel_case=True)
ports = Composition.from_environment()
files, trash = ports.files, ports.trash


@app.delete(
    "/v1/storage/files/<file_id>",
    summary="Move a file to the trash",
    operation_id="space_files_trash",
)
def space_files_trash(file_id: str) -> FileGone:
    """Move the file to the trash. It can be restored for 30 days."""
    gone = trash_file(
        tenant_of(app.current_event), file_id, files=files, trash=trash, clock=ports.clock
    )
    return FileGone(file_id=gone)


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate)
