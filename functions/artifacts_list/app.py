"""GET /v2/artifacts: list artifacts, newest first."""

from larder.api.artifacts.models import ArtifactList
from larder.api.artifacts.params import AfterArtifact, Limit, OfType
from larder.api.http.requests import tenant_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.runtime.composition import Composition
from larder.services.artifacts.list import DEFAULT_PAGE, list_artifacts

app = resolver()
ports = Composition.from_environment()
artifacts = ports.artifacts


@app.get("/v2/artifacts", summary="List artifacts", operation_id="artifacts_list")
def artifacts_list(
    limit: Limit = DEFAULT_PAGE,
    after: AfterArtifact = None,
    artifact_type: OfType = None,
) -> ArtifactList:
    """Return a page of artifacts without content. While `has_more`, go on with `after=last_id`."""
    tenant = tenant_of(app.current_event)
    page = list_artifacts(
        tenant,
        limit=limit,
        after=after,
        artifact_type=artifact_type,
        artifacts=artifacts,
        clock=ports.clock,
    )
    return ArtifactList.of(tenant, page)


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate)
