"""Records of artifacts and bundles in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from larder.domain.artifacts import Artifact, Bundle
from larder.domain.quota import NOTHING
from larder.services.artifacts.ports import Page
from tests.fakes.store import FileRow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from larder.domain.artifacts import ArtifactType
    from larder.domain.ids import ArtifactId, BundleId, FileId, TenantId
    from tests.fakes.store import InMemoryStore


class InMemoryArtifacts:
    """`ArtifactRecords` in memory; their files live with the others."""

    def __init__(self, store: InMemoryStore) -> None:
        self._store = store

    def admit(self, tenant: TenantId, item: Artifact | Bundle) -> None:
        file = item.file
        with self._store.transaction():
            self._store.check_room(tenant, file.amount)
            self._store.count(tenant, left=NOTHING - file.amount, reserved=NOTHING)
            self._store.files[tenant, file.id] = FileRow.new(file, file.created_at)
            self._store.artifacts[tenant, file.id] = item

    def get(self, tenant: TenantId, artifact_id: ArtifactId) -> Artifact | None:
        found = self._get(tenant, artifact_id)
        return found if isinstance(found, Artifact) else None

    def get_all(
        self, tenant: TenantId, artifact_ids: Sequence[ArtifactId]
    ) -> Mapping[ArtifactId, Artifact]:
        found = {each: self.get(tenant, each) for each in artifact_ids}
        return {each: artifact for each, artifact in found.items() if artifact is not None}

    def get_bundle(self, tenant: TenantId, bundle_id: BundleId) -> Bundle | None:
        found = self._get(tenant, bundle_id)
        return found if isinstance(found, Bundle) else None

    def get_bundles(
        self, tenant: TenantId, bundle_ids: Sequence[BundleId]
    ) -> Mapping[BundleId, Bundle]:
        found = {each: self.get_bundle(tenant, each) for each in bundle_ids}
        return {each: bundle for each, bundle in found.items() if bundle is not None}

    def page(
        self,
        tenant: TenantId,
        *,
        limit: int,
        after: ArtifactId | None,
        only: ArtifactType | None,
        now: float,
    ) -> Page[Artifact]:
        found = [
            each
            for each in self._newest_first(tenant, after)
            if isinstance(each, Artifact)
            and not each.file.expired(now)
            and only in {None, each.type}
        ]
        return Page(tuple(found[:limit]), len(found) > limit)

    def page_of_bundles(
        self, tenant: TenantId, *, limit: int, after: BundleId | None
    ) -> Page[Bundle]:
        found = [each for each in self._newest_first(tenant, after) if isinstance(each, Bundle)]
        return Page(tuple(found[:limit]), len(found) > limit)

    def _newest_first(self, tenant: TenantId, after: FileId | None) -> list[Artifact | Bundle]:
        ids = sorted(
            (each for owner, each in self._store.artifacts if owner == tenant), reverse=True
        )
        found = (self._get(tenant, each) for each in ids if after is None or each < after)
        return [each for each in found if each is not None]

    def _get(self, tenant: TenantId, file_id: FileId) -> Artifact | Bundle | None:
        row = self._store.files.get((tenant, file_id))
        if row is None:
            return None
        item = self._store.artifacts[tenant, file_id]
        return replace(item, file=row.file)
