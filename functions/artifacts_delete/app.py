"""DELETE /v2/artifacts/{artifact_id}: delete an artifact for good."""

from larder.api.artifacts.models import ArtifactDeleted
from larder.api.http.requests import tenant_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.runtime.composition import Composition
from larder.runtime.observability import count
from larder.services.artifacts.delete import delete_artifact

app = resolver()
ports = Composition.from_environment()
artifacts, files = ports.artifacts, ports.files


@app.delete(
    "/v2/artifacts/<artifact_id>", summary="Delete an artifact", operation_id="artifacts_delete"
)
def artifacts_delete(artifact_id: str) -> ArtifactDeleted:
    """Delete the artifact and free its quota at once. Batches that use it go on."""
    deleted = delete_artifact(
        tenant_of(app.current_event),
        artifact_id,
        artifacts=artifacts,
        files=files,
        clock=ports.clock,
    )
    count("GivenBack")
    return ArtifactDeleted(id=deleted)


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate)
