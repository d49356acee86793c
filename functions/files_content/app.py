"""GET /v1/files/{file_id}/content: a file's bytes."""

from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import Response

from larder.api.files.content import content_headers, content_response, content_responses
from larder.api.http.requests import tenant_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.runtime.composition import Composition
from larder.services.files.content import Wanted, open_content, stat_content

app = resolver()
ports = Composition.from_environment()
files, objects = ports.files, ports.objects


@app.get(
    "/v1/files/<file_id>/content",
    summary="Download a file",
    operation_id="files_content",
    responses=content_responses(),
)
def files_content(file_id: str) -> Response[Any]:
    """Return the file's bytes. Above 4 MiB, redirect to S3, which serves them."""
    headers = app.current_event.headers
    wanted = Wanted(
        byte_range=headers.get("range"),
        if_none_match=headers.get("if-none-match"),
        only_text=not headers.get("accept"),
    )
    content = open_content(
        tenant_of(app.current_event),
        file_id,
        wanted=wanted,
        files=files,
        objects=objects,
        clock=ports.clock,
    )
    return content_response(content, as_text=wanted.only_text)


@app.head(
    "/v1/files/<file_id>/content",
    summary="Retrieve a file's size and digests",
    operation_id="files_content_head",
    responses={200: {"description": "The headers of the whole content", "content": {}}},
)
def files_content_head(file_id: str) -> Response[Any]:
    """Return the headers of the whole content, of any size."""
    file, stat = stat_content(
        tenant_of(app.current_event), file_id, files=files, objects=objects, clock=ports.clock
    )
    return Response(
        200, "application/octet-stream", "", content_headers(file, stat.size, f'"{stat.md5}"')
    )


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate)
