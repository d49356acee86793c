"""GET /v2/bundles/{bundle_id}: one bundle."""

from larder.api.artifacts.bundles import CheckedBundle
from larder.api.http.requests import tenant_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.runtime.composition import Composition
from larder.services.artifacts.get import read_bundle

app = resolver()
ports = Composition.from_environment()
artifacts = ports.artifacts


@app.get("/v2/bundles/<bundle_id>", summary="Retrieve a bundle", operation_id="bundles_get")
def bundles_get(bundle_id: str) -> CheckedBundle:
    """Return the bundle, with which of its artifacts are gone."""
    tenant = tenant_of(app.current_event)
    bundle, there = read_bundle(tenant, bundle_id, artifacts=artifacts, clock=ports.clock)
    return CheckedBundle.checked(tenant, bundle, there)


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate)
