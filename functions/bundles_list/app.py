"""GET /v2/bundles: list bundles, newest first."""

from larder.api.artifacts.bundles import BundleList
from larder.api.artifacts.params import AfterBundle, Limit
from larder.api.http.requests import tenant_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.runtime.composition import Composition
from larder.services.artifacts.list import DEFAULT_PAGE, list_bundles

app = resolver()
ports = Composition.from_environment()
artifacts = ports.artifacts


@app.get("/v2/bundles", summary="List bundles", operation_id="bundles_list")
def bundles_list(limit: Limit = DEFAULT_PAGE, after: AfterBundle = None) -> BundleList:
    """Return a page of bundles. While `has_more`, go on with `after=last_id`."""
    tenant = tenant_of(app.current_event)
    page = list_bundles(tenant, limit=limit, after=after, artifacts=artifacts)
    return BundleList.of(tenant, page)


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate)
