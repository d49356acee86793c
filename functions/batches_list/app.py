"""GET /v1/batches: list batches, newest first."""

from typing import Annotated

from larder.api.batches.models import BatchList
from larder.api.http.params import MayBeEmpty, Query
from larder.api.http.requests import tenant_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.domain.ids import BATCH_PREFIX, id_pattern
from larder.runtime.composition import Composition
from larder.services.batches.list import DEFAULT_PAGE, MAX_PAGE, list_batches

app = resolver()
ports = Composition.from_environment()
batches = ports.batches


@app.get("/v1/batches", summary="List batches", operation_id="batches_list")
def batches_list(
    limit: Annotated[
        int,
        Query(
            description="Most batches on the page",
            json_schema_extra={"minimum": 1, "maximum": MAX_PAGE},
        ),
        MayBeEmpty,
    ] = DEFAULT_PAGE,
    after: Annotated[
        str | None,
        Query(
            description="The last batch id of the previous page",
            json_schema_extra={"pattern": id_pattern(BATCH_PREFIX)},
        ),
        MayBeEmpty,
    ] = None,
) -> BatchList:
    """Return a page of batches; `after=last_id` leads to the next while `has_more`."""
    page = list_batches(tenant_of(app.current_event), limit=limit, after=after, batches=batches)
    return BatchList.of(page)


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate)
