"""DELETE /v1/storage/trash/{file_id}: delete a file in the trash for good."""

from larder.api.http.requests import tenant_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.api.space.models import FileGone
from larder.runtime.composition import Composition
from larder.runtime.observability import count
from larder.services.space.purge import purge_one

app = resolver(camel_case=True)
ports = Composition.from_environment()
trash = ports.trash


@app.delete(
    "/v1/storage/trash/<file_id>", summary="Delete a file for good", operation_id="trash_purge"
)
def trash_purge(file_id: str) -> FileGone:
    """Delete the file for good and free its quota."""
    gone = purge_one(tenant_of(app.current_event), file_id, trash=trash, clock=ports.clock)
    count("GivenBack")
    return FileGone(file_id=gone)


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate)
