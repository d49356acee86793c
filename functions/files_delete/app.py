"""DELETE /v1/files/{file_id}: delete a file for good."""

from larder.api.files.models import FileDeleted
from larder.api.http.requests import tenant_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.runtime.composition import Composition
from larder.runtime.observability import count
from larder.services.files.delete import delete_file

app = resolver()
ports = Composition.from_environment()
files = ports.files


@app.delete("/v1/files/<file_id>", summary="Delete a file", operation_id="files_delete")
def files_delete(file_id: str) -> FileDeleted:
    """Delete the file and free its quota at once. Its bytes are deleted soon after."""
    deleted = delete_file(tenant_of(app.current_event), file_id, files=files, clock=ports.clock)
    count("GivenBack")
    return FileDeleted(id=deleted)


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate)
