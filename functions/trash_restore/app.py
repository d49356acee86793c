"""POST /v1/storage/trash/{file_id}/restore: restore a file or a folder from the trash."""

from http import HTTPStatus

from aws_lambda_powertools.event_handler import content_types
from aws_lambda_powertools.event_handler.api_gateway import Response

from larder.api.http.requests import running_time, tenant_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.api.space.models import SpaceFile
from larder.api.space.trash import RestoredFolder
from larder.domain.ids import parse_folder_id
from larder.runtime.composition import Composition
from larder.services.space.restore_file import RestoreFile
from larder.services.space.restore_folder import RestoreFolder

app = resolver(camel_case=True)
ports = Composition.from_environment()
restore_file, restore_folder = ports.make(RestoreFile), ports.make(RestoreFolder)


@app.post(
    "/v1/storage/trash/<file_id>/restore",
    summary="Restore a file or a folder",
    operation_id="trash_restore",
    responses={
        200: {"description": "It is restored"},
        202: {"description": "The rest of the folder's files comes back in the background"},
        409: {"description": "The folder is still moving to the trash"},
    },
)
def trash_restore(file_id: str) -> Response[SpaceFile | RestoredFolder]:
    """Return the file, or the folder with everything in it, to where it was."""
    tenant, folder_id = tenant_of(app.current_event), parse_folder_id(file_id)
    restored: SpaceFile | RestoredFolder
    if folder_id is None:
        restored, done = SpaceFile.of(restore_file(tenant, file_id)), True
    else:
        folder, done = restore_folder(
            tenant, folder_id, keep_going=running_time(app.lambda_context)
        )
        restored = RestoredFolder.restored(folder, done=done)
    status = HTTPStatus.OK if done else HTTPStatus.ACCEPTED
    return Response(status, content_types.APPLICATION_JSON, restored)


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate, idempotency=ports.idempotency)
