"""Every interleaving of what happens to an artifact at once ends in a right state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from larder.domain.artifacts import Retention
from larder.domain.errors import NotFoundError
from larder.domain.files import DAY
from larder.domain.ids import parse_artifact_id
from larder.domain.quota import Amount
from tests.property import artifacts
from tests.property.interleavings import check_endings, deadline, every_interleaving
from tests.property.invariants import check_settling
from tests.property.operations import Operation, gated
from tests.property.world import VALID
from tests.samples import TENANT

if TYPE_CHECKING:
    from larder.domain.ids import FileId
    from tests.property.interleavings import Begin, Ending
    from tests.property.world import World


def an_artifact(world: World, **fields: Any) -> FileId:
    """Return an artifact whose bytes have been received."""
    made: Any = world.finish(artifacts.create(world, TENANT, 10, **fields)).result
    world.drain()
    artifact_id: FileId = made.id
    return artifact_id


def a_file(world: World) -> Any:
    """Return a file whose bytes have been received."""
    made = world.finish(world.create_file(TENANT, len(VALID), "user_data")).result
    world.drain()
    return made


def delete_whatever_there_is(world: World) -> Operation:
    """Delete the project's artifact at some time, if it has one by then."""

    def use_case() -> None:
        for owner, file_id in gated(world.backend, "client").snapshot().files:
            world.finish(artifacts.delete(world, owner, file_id))

    return Operation("delete", use_case)


def _delete_twice(world: World) -> list[Operation]:
    artifact_id = an_artifact(world)
    return [artifacts.delete(world, TENANT, artifact_id) for _ in range(2)]


def _delete_bundle_twice(world: World) -> list[Operation]:
    made: Any = world.finish(artifacts.bundle(world, TENANT, [an_artifact(world)])).result
    return [artifacts.delete(world, TENANT, made.id) for _ in range(2)]


def _delete_and_bundle(world: World) -> list[Operation]:
    artifact_id = an_artifact(world)
    return [
        artifacts.delete(world, TENANT, artifact_id),
        artifacts.bundle(world, TENANT, [artifact_id]),
    ]


def _expire_and_bundle(world: World) -> list[Operation]:
    artifact_id = an_artifact(world, retention=Retention.EPHEMERAL)
    world.clock.advance(DAY - 1)
    return [world.sweep(), artifacts.bundle(world, TENANT, [artifact_id]), deadline(world)]


def _copy_and_delete_the_file(world: World) -> list[Operation]:
    file = a_file(world)
    return [artifacts.copy(world, TENANT, file.id), world.delete_and_clear(TENANT, file)]


def _create_and_delete(world: World) -> list[Operation]:
    return [artifacts.create(world, TENANT, 10), delete_whatever_there_is(world)]


def _delete_and_receive(world: World) -> list[Operation]:
    made: Any = world.finish(artifacts.create(world, TENANT, 10)).result
    return [
        artifacts.delete(world, TENANT, made.id),
        world.receive(world.validation_queue[0]),
    ]


def _repair_and_delete(world: World) -> list[Operation]:
    artifact_id = an_artifact(world)
    return [world.repair(TENANT), artifacts.delete(world, TENANT, artifact_id)]


def _two_into_room_for_one(world: World) -> list[Operation]:
    artifact_id = an_artifact(world)
    world.finish(world.set_limit(TENANT, Amount(files=2, bytes=300)))
    return [
        artifacts.create(world, TENANT, 10),
        artifacts.bundle(world, TENANT, [artifact_id]),
    ]


@pytest.mark.parametrize(
    "begin",
    [
        _delete_and_bundle,
        _expire_and_bundle,
        _create_and_delete,
        _delete_and_receive,
        _repair_and_delete,
    ],
    ids=lambda begin: begin.__name__.strip("_"),
)
def test_every_interleaving_ends_right(begin: Begin) -> None:
    check_endings(begin)


@pytest.mark.parametrize("begin", [_delete_twice, _delete_bundle_twice, _two_into_room_for_one])
def test_one_of_two_takes_effect(begin: Begin) -> None:
    for ending in every_interleaving(begin):
        assert [op.error is None for op in ending.operations].count(True) == 1, ending.order
        check_settling(ending.world)


def test_a_copy_of_a_file_that_is_deleted_is_whole_or_nothing() -> None:
    outcomes = set()

    for ending in every_interleaving(_copy_and_delete_the_file):
        copied = ending.operations[0].error is None
        assert copied or isinstance(ending.operations[0].error, NotFoundError), ending.order
        check_settling(ending.world)
        assert _stored_artifacts(ending) == [VALID] * copied, ending.order
        outcomes.add(copied)

    assert outcomes == {True, False}


def _stored_artifacts(ending: Ending) -> list[bytes]:
    backend = ending.world.backend
    found = []
    for owner, file_id in backend.snapshot().files:
        assert parse_artifact_id(file_id) is not None, "the file is still there"
        stream = backend.objects.stream(owner, file_id)
        assert stream is not None
        with stream as blocks:
            found.append(b"".join(blocks))
    return found
