"""Delete an artifact or a bundle for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.domain.errors import NotFoundError
from larder.services.artifacts.get import get_artifact, get_bundle

if TYPE_CHECKING:
    from larder.domain.ids import ArtifactId, BundleId, TenantId
    from larder.services.artifacts.ports import ArtifactRecords
    from larder.services.clock import Clock
    from larder.services.files.ports import FileRecords


def delete_artifact(
    tenant: TenantId,
    artifact_id: str,
    *,
    artifacts: ArtifactRecords,
    files: FileRecords,
    clock: Clock,
) -> ArtifactId:
    """Remove the artifact from all reads and free its quota; its bytes are deleted soon after.

    Batches that have been planned have its content, and go on. Bundles say that it is gone.

    Raises:
        NotFoundError: there is no such artifact for this project, or it was just deleted.
        ContentionError: too many concurrent changes to the project.
    """
    artifact = get_artifact(tenant, artifact_id, artifacts=artifacts, clock=clock)
    if not files.release(tenant, artifact.file):
        raise NotFoundError("Artifact", artifact_id)
    return artifact.id


def delete_bundle(
    tenant: TenantId, bundle_id: str, *, artifacts: ArtifactRecords, files: FileRecords
) -> BundleId:
    """Remove the bundle and free its quota. Its artifacts stay.

    Raises:
        NotFoundError: there is no such bundle for this project, or it was just deleted.
        ContentionError: too many concurrent changes to the project.
    """
    bundle = get_bundle(tenant, bundle_id, artifacts=artifacts)
    if not files.release(tenant, bundle.file):
        raise NotFoundError("Bundle", bundle_id)
    return bundle.id
