"""PATCH /v1/storage/files/{file_id}: rename, move, tag or mark a file."""

from larder.api.http.requests import tenant_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.api.space.models import SpaceFile
from larder.api.space.requests import FileUpdateRequest, folder_reference
from larder.runtime.composition import Composition
from larder.services.space.update_file import FileChanges, update_file

app = resolver(camel_case=True)
ports = Composition.from_environment()
files = ports.files


@app.patch(
    "/v1/storage/files/<file_id>", summary="Change a file", operation_id="space_files_update"
)
def space_files_update(file_id: str, request: FileUpdateRequest) -> SpaceFile:
    """Change the fields in the body, and return the file."""
    changes = FileChanges(
        name=request.name,
        folder=folder_reference(request, "folder_id"),
        tags=None if request.tags is None else tuple(request.tags),
        add_tags=tuple(request.add_tags),
        remove_tags=tuple(request.remove_tags),
        favorite=request.favorite,
    )
    file = update_file(
        tenant_of(app.current_event), file_id, changes, files=files, clock=ports.clock
    )
    return SpaceFile.of(file)


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate)
