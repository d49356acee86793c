"""DELETE /v1/storage/folders/{folder_id}: delete a folder, or move it to the trash."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import content_types
from aws_lambda_powertools.event_handler.api_gateway import Response

from larder.api.http.params import Query
from larder.api.http.requests import running_time, tenant_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.api.space.models import FolderGone
from larder.runtime.composition import Composition
from larder.services.space.delete_folder import DeleteFolder

app = resolver(camel_case=True)
ports = Composition.from_environment()
delete_folder = ports.make(DeleteFolder)


@app.delete(
    "/v1/storage/folders/<folder_id>",
    summary="Delete a folder",
    operation_id="folders_delete",
    responses={
        200: {"description": "The folder is deleted"},
        202: {"description": "It is in the trash; the rest of its files follows in the background"},
        409: {"description": "The folder is not empty"},
    },
)
def folders_delete(
    folder_id: str,
    recursive: Annotated[  # noqa: FBT002 - by name, in the query
        bool, Query(description="Move it to the trash with everything in it")
    ] = False,
) -> Response[FolderGone]:
    """Delete an empty folder; or move any folder to the trash, whose files follow."""
    done = delete_folder(
        tenant_of(app.current_event),
        folder_id,
        recursive=recursive,
        keep_going=running_time(app.lambda_context),
    )
    return Response(
        HTTPStatus.OK if done else HTTPStatus.ACCEPTED,
        content_types.APPLICATION_JSON,
        FolderGone(folder_id=folder_id, is_deleted=done),
    )


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate)
