"""List a project's artifacts and bundles, a page at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.domain.artifacts import ArtifactType
from larder.domain.errors import InvalidParameterError
from larder.domain.ids import parse_artifact_id, parse_bundle_id
from larder.domain.limits import checked_limit

if TYPE_CHECKING:
    from larder.domain.artifacts import Artifact, Bundle
    from larder.domain.ids import TenantId
    from larder.services.artifacts.ports import ArtifactRecords, Page
    from larder.services.clock import Clock

MAX_PAGE = 100
DEFAULT_PAGE = 20


def list_artifacts(
    tenant: TenantId,
    *,
    limit: int,
    after: str | None,
    artifact_type: str | None,
    artifacts: ArtifactRecords,
    clock: Clock,
) -> Page[Artifact]:
    """Return the artifacts created before `after`, the newest first, at most `limit`.

    `after` is a position: no artifact needs to have that id.

    Raises:
        InvalidParameterError: `limit` is outside 1..100, or a parameter is malformed.
        ContentionError: so many others lie between that one request cannot read past them.
    """
    position = None if after is None else parse_artifact_id(after)
    if after is not None and position is None:
        raise InvalidParameterError(f"'{after[:64]}' is not the id of an artifact.", param="after")
    if artifact_type is not None and artifact_type not in ArtifactType:
        raise InvalidParameterError(
            f"artifact_type must be one of {', '.join(ArtifactType)}, not '{artifact_type[:64]}'.",
            param="artifact_type",
        )
    return artifacts.page(
        tenant,
        limit=checked_limit(limit, most=MAX_PAGE),
        after=position,
        only=None if artifact_type is None else ArtifactType(artifact_type),
        now=clock(),
    )


def list_bundles(
    tenant: TenantId, *, limit: int, after: str | None, artifacts: ArtifactRecords
) -> Page[Bundle]:
    """Return the bundles created before `after`, the newest first, at most `limit`.

    Raises:
        InvalidParameterError: `limit` is outside 1..100, or `after` is malformed.
    """
    position = None if after is None else parse_bundle_id(after)
    if after is not None and position is None:
        raise InvalidParameterError(f"'{after[:64]}' is not the id of a bundle.", param="after")
    limit = checked_limit(limit, most=MAX_PAGE)
    return artifacts.page_of_bundles(tenant, limit=limit, after=position)
