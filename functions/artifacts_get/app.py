"""GET /v2/artifacts/{artifact_id}: an artifact with its content."""

from larder.api.artifacts.models import ArtifactWithContent
from larder.api.http.requests import tenant_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.runtime.composition import Composition
from larder.services.artifacts.content import read_artifact

app = resolver()
ports = Composition.from_environment()
artifacts, objects = ports.artifacts, ports.objects


@app.get(
    "/v2/artifacts/<artifact_id>", summary="Retrieve an artifact", operation_id="artifacts_get"
)
def artifacts_get(artifact_id: str) -> ArtifactWithContent:
    """Return the artifact, with content of up to 1 MiB."""
    tenant = tenant_of(app.current_event)
    artifact, content = read_artifact(
        tenant, artifact_id, artifacts=artifacts, objects=objects, clock=ports.clock
    )
    return ArtifactWithContent.with_content(tenant, artifact, content)


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate)
