"""POST /v1/storage/trash/{file_id}/restore: restore a file from the trash."""

from larder.api.http.requests import tenant_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.api.space.models import SpaceFile
from larder.runtime.composition import Composition
from larder.services.space.restore_file import restore_file

app = resolver(camel_case=True)
ports = Composition.from_environment()
trash, validation_queue = ports.trash, ports.validation_queue


@app.post(
    "/v1/storage/trash/<file_id>/restore", summary="Restore a file", operation_id="trash_restore"
)
def trash_restore(file_id: str) -> SpaceFile:
    """Return the file to its folder, or to the root if that is gone."""
    file = restore_file(
        tenant_of(app.current_event),
        file_id,
        trash=trash,
        validation_queue=validation_queue,
        clock=ports.clock,
    )
    return SpaceFile.of(file)


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate, idempotency=ports.idempotency)
