"""GET /v1/usage/history: what a project stored, day by day."""

from typing import Annotated

from larder.api.http.params import Query
from larder.api.http.requests import tenant_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.api.projects.usage import UsageDayList, UsageDayObject
from larder.runtime.composition import Composition
from larder.services.projects.usage_history import DEFAULT_DAYS, MAX_DAYS, read_usage_history

app = resolver()
ports = Composition.from_environment()
usage = ports.usage


@app.get(
    "/v1/usage/history",
    summary="Retrieve the project's usage day by day",
    operation_id="usage_history",
)
def usage_history(
    days: Annotated[
        int,
        Query(
            description="How many days, today included",
            json_schema_extra={"minimum": 1, "maximum": MAX_DAYS},
        ),
    ] = DEFAULT_DAYS,
) -> UsageDayList:
    """Return the files and bytes used on each of the last days, the oldest first.

    The last one is today as it is now. A day that nothing was recorded on is left out.
    """
    found = read_usage_history(tenant_of(app.current_event), days, usage=usage, clock=ports.clock)
    return UsageDayList(data=[UsageDayObject.of(day) for day in found])


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate)
