"""GET /v1/admin/log: who has changed projects and keys, and when."""

from typing import Annotated

from larder.api.admin.models import LogList
from larder.api.http.params import Query
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.runtime.composition import Composition
from larder.services.projects.admin_log import DEFAULT_PAGE, MAX_PAGE, list_entries

app = resolver()
ports = Composition.from_environment()
log = ports.log


@app.get("/v1/admin/log", summary="List what operators changed", operation_id="admin_log_list")
def admin_log_list(
    limit: Annotated[int, Query(description=f"1..{MAX_PAGE}")] = DEFAULT_PAGE,
    after: Annotated[
        str | None, Query(description="An entry's id: the position to go on from")
    ] = None,
) -> LogList:
    """Return a page of the log, the newest entry first. Entries are kept for a year."""
    return LogList.of(list_entries(limit=limit, after=after, log=log))


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate)
