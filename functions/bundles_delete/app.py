"""DELETE /v2/bundles/{bundle_id}: delete a bundle for good."""

from larder.api.artifacts.bundles import BundleDeleted
from larder.api.http.requests import tenant_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.runtime.composition import Composition
from larder.runtime.observability import count
from larder.services.artifacts.delete import delete_bundle

app = resolver()
ports = Composition.from_environment()
artifacts, files = ports.artifacts, ports.files


@app.delete("/v2/bundles/<bundle_id>", summary="Delete a bundle", operation_id="bundles_delete")
def bundles_delete(bundle_id: str) -> BundleDeleted:
    """Delete the bundle and free its quota at once. Its artifacts stay."""
    deleted = delete_bundle(
        tenant_of(app.current_event), bundle_id, artifacts=artifacts, files=files
    )
    count("GivenBack")
    return BundleDeleted(id=deleted)


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate)
