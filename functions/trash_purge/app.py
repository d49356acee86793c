"""DELETE /v1/storage/trash/{file_id}: delete a file or a folder in the trash for good."""

from http import HTTPStatus

from aws_lambda_powertools.event_handler import content_types
from aws_lambda_powertools.event_handler.api_gateway import Response

from larder.api.http.requests import running_time, tenant_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.api.space.models import FileGone, FolderGone
from larder.domain.ids import parse_folder_id
from larder.runtime.composition import Composition
from larder.runtime.observability import count
from larder.services.space.purge import purge_one
from larder.services.space.purge_folder import PurgeFolder

app = resolver(camel_case=True)
ports = Composition.from_environment()
trash, purge_folder = ports.trash, ports.make(PurgeFolder)


@app.delete(
    "/v1/storage/trash/<file_id>",
    summary="Delete a file or a folder for good",
    operation_id="trash_purge",
    responses={
        200: {"description": "It is deleted for good"},
        202: {"description": "The rest of the folder's files is deleted in the background"},
        409: {"description": "The folder is still moving to the trash"},
    },
)
def trash_purge(file_id: str) -> Response[FileGone | FolderGone]:
    """Delete the file, or the folder with everything in it, for good and free its quota."""
    tenant, folder_id = tenant_of(app.current_event), parse_folder_id(file_id)
    gone: FileGone | FolderGone
    if folder_id is None:
        gone = FileGone(file_id=purge_one(tenant, file_id, trash=trash, clock=ports.clock))
        done = True
        count("GivenBack")
    else:
        done = purge_folder(tenant, folder_id, keep_going=running_time(app.lambda_context))
        gone = FolderGone(folder_id=folder_id, is_deleted=done)
    status = HTTPStatus.OK if done else HTTPStatus.ACCEPTED
    return Response(status, content_types.APPLICATION_JSON, gone)


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate)
