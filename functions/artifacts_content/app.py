"""GET /v2/artifacts/{artifact_id}/content: an artifact's bytes."""

from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import Response

from larder.api.files.content import content_response, content_responses
from larder.api.http.requests import tenant_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.runtime.composition import Composition
from larder.services.artifacts.content import open_artifact
from larder.services.files.content import Inline, Wanted

app = resolver()
ports = Composition.from_environment()
artifacts, objects = ports.artifacts, ports.objects


@app.get(
    "/v2/artifacts/<artifact_id>/content",
    summary="Download an artifact",
    operation_id="artifacts_content",
    responses=content_responses("*/*"),
)
def artifacts_content(artifact_id: str) -> Response[Any]:
    """Return the bytes with their media type. Above 4 MiB, redirect to S3, which serves them."""
    headers = app.current_event.headers
    wanted = Wanted(
        byte_range=headers.get("range"),
        if_none_match=headers.get("if-none-match"),
        only_text=not headers.get("accept"),
    )
    content = open_artifact(
        tenant_of(app.current_event),
        artifact_id,
        wanted=wanted,
        artifacts=artifacts,
        objects=objects,
        clock=ports.clock,
    )
    if not isinstance(content, Inline):
        return content_response(content, as_text=wanted.only_text)
    media_type = content.file.mime_type
    return content_response(content, as_text=wanted.only_text, media_type=media_type)


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate)
