"""POST /v2/artifacts: create an artifact."""

from larder.api.artifacts.models import ArtifactCreateRequest, ArtifactObject
from larder.api.http.requests import tenant_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.runtime.composition import Composition
from larder.runtime.observability import count_admission
from larder.services.artifacts.create import CreateArtifact, NewArtifact

app = resolver()
ports = Composition.from_environment()
create_artifact = ports.make(CreateArtifact)


@app.post("/v2/artifacts", summary="Create an artifact", operation_id="artifacts_create")
def artifacts_create(request: ArtifactCreateRequest) -> ArtifactObject:
    """Store content that prompts share, or copy a file's. It never changes.

    It counts as a file of the project, with its bytes.
    """
    tenant = tenant_of(app.current_event)
    artifact = create_artifact(
        tenant,
        NewArtifact(
            type=request.artifact_type,
            content=request.content,
            file_id=request.file_id,
            encoding=request.content_encoding,
            media_type=request.content_media_type,
            retention=request.retention_class,
            metadata=request.metadata or {},
        ),
    )
    count_admission(artifact.file.amount)
    return ArtifactObject.of(tenant, artifact)


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate, idempotency=ports.idempotency)
