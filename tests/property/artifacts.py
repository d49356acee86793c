"""What programs do with artifacts and bundles, and what their reads have to say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.domain.artifacts import Retention
from larder.domain.errors import NotFoundError
from larder.domain.ids import parse_artifact_id, parse_bundle_id
from larder.services.artifacts.content import read_artifact
from larder.services.artifacts.create import CreateArtifact, NewArtifact
from larder.services.artifacts.create_bundle import CreateBundle, NewBundle
from larder.services.artifacts.delete import delete_artifact, delete_bundle
from larder.services.artifacts.get import read_bundle
from larder.services.artifacts.list import MAX_PAGE, list_artifacts, list_bundles
from tests.property.operations import Operation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from larder.domain.artifacts import Artifact, Bundle
    from larder.domain.ids import FileId, TenantId
    from tests.property.world import World


def create(
    world: World, tenant: TenantId, size: int, retention: str = Retention.STANDARD
) -> Operation:
    """Begin to create an artifact of as many bytes."""
    return _create(world, tenant, NewArtifact("policy", content="x" * size, retention=retention))


def copy(world: World, tenant: TenantId, file_id: FileId) -> Operation:
    """Begin to make an artifact of a file."""
    return _create(world, tenant, NewArtifact("document", file_id=file_id))


def _create(world: World, tenant: TenantId, new: NewArtifact) -> Operation:
    def use_case() -> Artifact:
        artifact: Artifact = world.ports.make(CreateArtifact)(tenant, new)
        world.history.acknowledged.add((tenant, artifact.id))
        return artifact

    return Operation("create_artifact", use_case)


def bundle(world: World, tenant: TenantId, artifact_ids: Sequence[FileId]) -> Operation:
    """Begin to create a bundle of artifacts."""

    def use_case() -> Bundle:
        new = NewBundle([(each, "system") for each in artifact_ids])
        made: Bundle = world.ports.make(CreateBundle)(tenant, new)
        world.history.acknowledged.add((tenant, made.id))
        return made

    return Operation("create_bundle", use_case)


def delete(world: World, tenant: TenantId, item_id: FileId) -> Operation:
    """Begin to delete an artifact or a bundle."""
    world.history.deletes.add((tenant, item_id))
    use_case = delete_artifact if parse_artifact_id(item_id) else delete_bundle
    return Operation("delete", lambda: world.ports.make(use_case)(tenant, item_id))


def check_reads(world: World, tenant: TenantId) -> None:
    """Check that lists, contents and bundles say what is stored and has not expired."""
    stored, now, ports = world.backend.snapshot(), world.clock(), world.ports
    live = [
        file_id
        for (owner, file_id), file in stored.files.items()
        if owner == tenant and not file.expired(now)
    ]
    artifacts = {each for each in live if parse_artifact_id(each) is not None}
    bundles = {each for each in live if parse_bundle_id(each) is not None}

    listed = ports.make(list_artifacts)(tenant, limit=MAX_PAGE, after=None, artifact_type=None)
    assert {each.id for each in listed.items} == artifacts
    found = ports.make(list_bundles)(tenant, limit=MAX_PAGE, after=None)
    assert {each.id for each in found.items} == bundles
    for each in listed.items:
        try:
            artifact, content = ports.make(read_artifact)(tenant, each.id)
        except NotFoundError:
            assert (tenant, each.id) not in stored.objects
        else:
            assert len((content or "").encode()) == artifact.file.bytes
    for made in found.items:
        _, there = ports.make(read_bundle)(tenant, made.id)
        assert there == {member.artifact_id for member in made.members} & artifacts
