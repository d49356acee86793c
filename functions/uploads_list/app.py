"""GET /v1/uploads: list pending uploads, newest first."""

from typing import Annotated

from larder.api.http.params import MayBeEmpty, Query
from larder.api.http.requests import tenant_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.api.uploads.models import UploadList
from larder.domain.ids import UPLOAD_PREFIX, id_pattern
from larder.runtime.composition import Composition
from larder.services.uploads.list import DEFAULT_PAGE, MAX_PAGE, list_uploads

app = resolver()
ports = Composition.from_environment()
uploads = ports.uploads


@app.get("/v1/uploads", summary="List pending uploads", operation_id="uploads_list")
def uploads_list(
    limit: Annotated[
        int,
        Query(
            description="Most uploads on the page",
            json_schema_extra={"minimum": 1, "maximum": MAX_PAGE},
        ),
        MayBeEmpty,
    ] = DEFAULT_PAGE,
    after: Annotated[
        str | None,
        Query(
            description="The last upload id of the previous page",
            json_schema_extra={"pattern": id_pattern(UPLOAD_PREFIX)},
        ),
        MayBeEmpty,
    ] = None,
) -> UploadList:
    """Return a page of pending uploads, newest first, without their `transfer`.

    They reserve quota. An upload past its `expires_at` is listed while a PUT that began in time may
    still be running; then it becomes a file or expires. While `has_more`, `after=last_id` returns
    the next page.
    """
    page = list_uploads(
        tenant_of(app.current_event), limit=limit, after=after, uploads=uploads, clock=ports.clock
    )
    return UploadList.of(page)


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate)
