"""The ports of the use cases of artifacts and bundles.

Their files are released, settled and swept by `FileRecords`, with their own ids.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from larder.domain.artifacts import Artifact, ArtifactType, Bundle
    from larder.domain.ids import ArtifactId, BundleId, TenantId


@dataclass(frozen=True, slots=True)
class Page[Item]:
    """Items, the newest first. `has_more` is exact: whether another one follows."""

    items: tuple[Item, ...]
    has_more: bool


class ArtifactRecords(Protocol):
    """The records of artifacts and bundles."""

    def admit(self, tenant: TenantId, item: Artifact | Bundle) -> None:
        """Record a new one, and count it against the quota.

        Raises:
            QuotaExceededError: there is no room for it.
            ProjectFullError: the project has as many records as it can have.
            ContentionError: too many concurrent changes to the project.
        """

    def get(self, tenant: TenantId, artifact_id: ArtifactId) -> Artifact | None:
        """Return the artifact, expired or not (strongly consistent)."""

    def get_all(
        self, tenant: TenantId, artifact_ids: Sequence[ArtifactId]
    ) -> Mapping[ArtifactId, Artifact]:
        """Return those of the artifacts that exist, expired or not (strongly consistent).

        Raises:
            ContentionError: there is no capacity for so many at the moment.
        """

    def get_bundle(self, tenant: TenantId, bundle_id: BundleId) -> Bundle | None:
        """Return the bundle (strongly consistent)."""

    def get_bundles(
        self, tenant: TenantId, bundle_ids: Sequence[BundleId]
    ) -> Mapping[BundleId, Bundle]:
        """Return those of the bundles that exist, as `get_all` does."""

    def page(
        self,
        tenant: TenantId,
        *,
        limit: int,
        after: ArtifactId | None,
        only: ArtifactType | None,
        now: float,
    ) -> Page[Artifact]:
        """Return artifacts that have not expired at `now`, created before `after`.

        `only` those of a type, None for all (strongly consistent).

        Raises:
            ContentionError: so many others lie between that one request cannot read past them.
        """

    def page_of_bundles(
        self, tenant: TenantId, *, limit: int, after: BundleId | None
    ) -> Page[Bundle]:
        """Return bundles created before `after` (strongly consistent)."""
