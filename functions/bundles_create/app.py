"""POST /v2/bundles: create a bundle of artifacts."""

from larder.api.artifacts.bundles import BundleCreateRequest, BundleObject
from larder.api.http.requests import tenant_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.runtime.composition import Composition
from larder.runtime.observability import count_admission
from larder.services.artifacts.create_bundle import CreateBundle, NewBundle

app = resolver()
ports = Composition.from_environment()
create_bundle = ports.make(CreateBundle)


@app.post("/v2/bundles", summary="Create a bundle", operation_id="bundles_create")
def bundles_create(request: BundleCreateRequest) -> BundleObject:
    """Keep a list of artifacts in its order. It never changes, and counts as a file."""
    tenant = tenant_of(app.current_event)
    bundle = create_bundle(
        tenant,
        NewBundle(
            members=[(each.artifact_id, each.role) for each in request.artifacts],
            type=request.bundle_type,
            metadata=request.metadata or {},
        ),
    )
    count_admission(bundle.file.amount)
    return BundleObject.of(tenant, bundle)


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate, idempotency=ports.idempotency)
