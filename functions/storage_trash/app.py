"""DELETE /v1/storage/files/{file_id}: move a file to the trash."""

from larder.api.requests import tenant_of
from larder.api.resolver import entry, resolver
from larder.api.space import FileGone
from larder.runtime.composition import Composition
from larder.services.storage_trash import trash_file

app = resolver(camel_case=True)
ports = Composition.from_environment()
files, trash = ports.files, ports.trash


@app.delete(
    "/v1/storage/files/<file_id>",
    summary="Move a file to the trash",
    operation_id="storage_trash",
)
def storage_trash(file_id: str) -> FileGone:
    """Take the file out of every list and read; it can be restored for 30 days."""
    gone = trash_file(
        tenant_of(app.current_event), file_id, files=files, trash=trash, clock=ports.clock
    )
    return FileGone(file_id=gone)


lambda_handler = entry(app)
