"""POST /v1/storage/folders: create a folder."""

from larder.api.http.requests import tenant_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.api.space.models import SpaceFolder
from larder.api.space.requests import FolderCreateRequest
from larder.runtime.composition import Composition
from larder.services.space.create_folder import create_folder

app = resolver(camel_case=True)
ports = Composition.from_environment()
folders = ports.folders


@app.post("/v1/storage/folders", summary="Create a folder", operation_id="folders_create")
def folders_create(request: FolderCreateRequest) -> SpaceFolder:
    """Create a folder. Its name must be unique in its parent, ignoring case."""
    folder = create_folder(
        tenant_of(app.current_event),
        request.name,
        request.parent_id,
        folders=folders,
        clock=ports.clock,
        pause=ports.pause,
    )
    return SpaceFolder.of(folder)


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate, idempotency=ports.idempotency)
