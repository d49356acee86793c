"""GET /v1/storage/folders/{folder_id}: one folder."""

from larder.api.http.requests import tenant_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.api.space.models import SpaceFolder
from larder.runtime.composition import Composition
from larder.services.space.get_folder import get_folder

app = resolver(camel_case=True)
ports = Composition.from_environment()
folders = ports.folders


@app.get("/v1/storage/folders/<folder_id>", summary="Retrieve a folder", operation_id="folders_get")
def folders_get(folder_id: str) -> SpaceFolder:
    """Return the folder."""
    return SpaceFolder.of(get_folder(tenant_of(app.current_event), folder_id, folders=folders))


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate)
