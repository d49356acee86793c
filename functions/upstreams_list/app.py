"""GET /v1/upstreams: the servers of models that answer batches."""

from larder.api.batches.upstreams import UpstreamList
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.runtime.composition import Composition

app = resolver()
ports = Composition.from_environment()
upstreams = ports.upstreams


@app.get("/v1/upstreams", summary="List upstreams", operation_id="upstreams_list")
def upstreams_list() -> UpstreamList:
    """Return all upstreams with their models and limits, the oldest first.

    They belong to the deployment, and all projects share them. Their addresses and credentials are
    the operator's alone.
    """
    return UpstreamList.of(upstreams.list())


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate)
