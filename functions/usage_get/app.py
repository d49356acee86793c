"""GET /v1/usage: what a project uses of its quota."""

from larder.api.http.requests import tenant_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.api.projects.usage import UsageObject
from larder.runtime.composition import Composition
from larder.services.projects.usage import GetUsage

app = resolver()
ports = Composition.from_environment()
get_usage, batch_limits = ports.make(GetUsage), ports.batch_limits


@app.get("/v1/usage", summary="Retrieve the project's usage", operation_id="usage_get")
def usage_get() -> UsageObject:
    """Return the files and bytes used, reserved and allowed, and what batches run.

    Expired files do not count.
    """
    tenant = tenant_of(app.current_event)
    return UsageObject.of(get_usage(tenant), batch_limits.get(tenant))


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate)
