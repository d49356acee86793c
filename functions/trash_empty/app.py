"""DELETE /v1/storage/trash: delete all files in the trash for good."""

from http import HTTPStatus

from aws_lambda_powertools.event_handler import content_types
from aws_lambda_powertools.event_handler.api_gateway import Response

from larder.api.http.requests import running_time, tenant_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.api.space.trash import TrashEmptied
from larder.runtime.composition import Composition
from larder.runtime.observability import count
from larder.services.space.purge import empty_trash

app = resolver(camel_case=True)
ports = Composition.from_environment()
empty = ports.make(empty_trash)


@app.delete(
    "/v1/storage/trash",
    summary="Empty the trash",
    operation_id="trash_empty",
    responses={
        200: {"description": "The trash is empty"},
        202: {"description": "The rest of the files is deleted in the background"},
    },
)
def trash_empty() -> Response[TrashEmptied]:
    """Delete for good what is in the trash now. If it is a lot, the rest is deleted later."""
    purged, done = empty(tenant_of(app.current_event), keep_going=running_time(app.lambda_context))
    count("GivenBack", purged)
    return Response(
        HTTPStatus.OK if done else HTTPStatus.ACCEPTED,
        content_types.APPLICATION_JSON,
        TrashEmptied(purged_files=purged, is_empty=done),
    )


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate)
