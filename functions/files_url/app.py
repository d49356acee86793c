"""GET /v1/files/{file_id}/url: a download link to share."""

from typing import Annotated

from larder.api.files.models import FileUrl
from larder.api.http.params import Query
from larder.api.http.requests import tenant_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.domain.limits import URL_LIFETIME
from larder.runtime.composition import Composition
from larder.services.files.url import MAX_URL_LIFETIME, MIN_URL_LIFETIME, download_url

app = resolver()
ports = Composition.from_environment()
files, objects = ports.files, ports.objects


@app.get("/v1/files/<file_id>/url", summary="Get a download link", operation_id="files_url")
def files_url(
    file_id: str,
    expiry: Annotated[
        int,
        Query(
            description="Seconds that the link works",
            json_schema_extra={"minimum": MIN_URL_LIFETIME, "maximum": MAX_URL_LIFETIME},
        ),
    ] = URL_LIFETIME,
) -> FileUrl:
    """Return a link to the file's bytes that works without a key until it expires."""
    link = download_url(
        tenant_of(app.current_event),
        file_id,
        lifetime=expiry,
        files=files,
        objects=objects,
        clock=ports.clock,
    )
    return FileUrl(url=link.url, expires_at=link.expires_at)


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate)
