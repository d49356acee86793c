"""POST /v1/storage/trash/{file_id}/restore: take a file out of the trash."""

from larder.api.http.requests import tenant_of
from larder.api.http.resolver import entry, resolver
from larder.api.space.models import SpaceFile
from larder.runtime.composition import Composition
from larder.services.space.restore_file import restore_file

app = resolver(camel_case=True)
ports = Composition.from_environment()
trash, arrivals = ports.trash, ports.arrivals


@app.post(
    "/v1/storage/trash/<file_id>/restore", summary="Restore a file", operation_id="trash_restore"
)
def trash_restore(file_id: str) -> SpaceFile:
    """Return the file to its folder, or to the root if that is gone."""
    file = restore_file(
        tenant_of(app.current_event), file_id, trash=trash, arrivals=arrivals, clock=ports.clock
    )
    return SpaceFile.of(file)


lambda_handler = entry(app, replays=ports.replays)
