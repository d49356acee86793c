"""Get an artifact or a bundle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.domain.errors import NotFoundError
from larder.domain.ids import parse_artifact_id, parse_bundle_id

if TYPE_CHECKING:
    from larder.domain.artifacts import Artifact, Bundle
    from larder.domain.ids import ArtifactId, TenantId
    from larder.services.artifacts.ports import ArtifactRecords
    from larder.services.clock import Clock


def get_artifact(
    tenant: TenantId, artifact_id: str, *, artifacts: ArtifactRecords, clock: Clock
) -> Artifact:
    """Return the project's artifact with that id.

    Raises:
        NotFoundError: the project has no such artifact, or it has expired or been deleted.
    """
    parsed = parse_artifact_id(artifact_id)
    artifact = None if parsed is None else artifacts.get(tenant, parsed)
    if artifact is None or artifact.file.expired(clock()):
        raise NotFoundError("Artifact", artifact_id)
    return artifact


def get_bundle(tenant: TenantId, bundle_id: str, *, artifacts: ArtifactRecords) -> Bundle:
    """Return the project's bundle with that id.

    Raises:
        NotFoundError: the project has no such bundle, or it has been deleted.
    """
    parsed = parse_bundle_id(bundle_id)
    bundle = None if parsed is None else artifacts.get_bundle(tenant, parsed)
    if bundle is None:
        raise NotFoundError("Bundle", bundle_id)
    return bundle


def read_bundle(
    tenant: TenantId, bundle_id: str, *, artifacts: ArtifactRecords, clock: Clock
) -> tuple[Bundle, frozenset[ArtifactId]]:
    """Return a bundle, and those of its artifacts that exist.

    Raises:
        NotFoundError: the project has no such bundle, or it has been deleted.
        ContentionError: there is no capacity for so many records at the moment.
    """
    bundle = get_bundle(tenant, bundle_id, artifacts=artifacts)
    return bundle, existing(tenant, bundle, artifacts=artifacts, clock=clock)


def existing(
    tenant: TenantId, bundle: Bundle, *, artifacts: ArtifactRecords, clock: Clock
) -> frozenset[ArtifactId]:
    """Return those of a bundle's artifacts that exist.

    Raises:
        ContentionError: there is no capacity for so many at the moment.
    """
    wanted = list(dict.fromkeys(member.artifact_id for member in bundle.members))
    now = clock()
    found = artifacts.get_all(tenant, wanted)
    return frozenset(each for each, artifact in found.items() if not artifact.file.expired(now))
