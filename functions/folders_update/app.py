"""PATCH /v1/storage/folders/{folder_id}: rename, move or mark a folder."""

from larder.api.http.requests import tenant_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.api.space.models import SpaceFolder
from larder.api.space.requests import FolderUpdateRequest, folder_reference
from larder.runtime.composition import Composition
from larder.services.space.update_folder import FolderChanges, update_folder

app = resolver(camel_case=True)
ports = Composition.from_environment()
folders = ports.folders


@app.patch(
    "/v1/storage/folders/<folder_id>",
    summary="Change a folder",
    operation_id="folders_update",
    responses={
        200: {"description": "The changed folder"},
        409: {"description": "The tree would be invalid: a name twice, a cycle, or too deep"},
    },
)
def folders_update(folder_id: str, request: FolderUpdateRequest) -> SpaceFolder:
    """Change the fields in the body. What is in the folder moves with it."""
    changes = FolderChanges(
        name=request.name, parent=folder_reference(request, "parent_id"), favorite=request.favorite
    )
    folder = update_folder(
        tenant_of(app.current_event), folder_id, changes, folders=folders, pause=ports.pause
    )
    return SpaceFolder.of(folder)


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate)
