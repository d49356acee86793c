"""GET /v1/storage/folders/{folder_id}: one folder, with how much lies in it."""

from larder.api.http.requests import tenant_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.api.space.models import CountedFolder
from larder.runtime.composition import Composition
from larder.services.space.get_folder import counted_folder

app = resolver(camel_case=True)
ports = Composition.from_environment()
counted = ports.make(counted_folder)


@app.get("/v1/storage/folders/<folder_id>", summary="Retrieve a folder", operation_id="folders_get")
def folders_get(folder_id: str) -> CountedFolder:
    """Return the folder, with the number of files and folders directly in it."""
    return CountedFolder.counted(*counted(tenant_of(app.current_event), folder_id))


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate)
