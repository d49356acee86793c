"""Kill a use case of artifacts at any port call: after retries and one sweep all is right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from larder.domain.artifacts import Retention
from larder.domain.files import DAY, VALIDATION_GRACE
from larder.domain.quota import Amount
from tests.property import artifacts
from tests.property.operations import Interruption, Operation
from tests.property.recovery import cases, check_recovery
from tests.property.world import VALID
from tests.samples import TENANT

if TYPE_CHECKING:
    from larder.domain.ids import FileId
    from tests.property.recovery import Begin, MakeWorld
    from tests.property.world import World


def _made(world: World, operation: Operation) -> FileId:
    made: Any = world.finish(operation).result
    world.drain()
    file_id: FileId = made.id
    return file_id


def _an_artifact(world: World, **fields: Any) -> FileId:
    return _made(world, artifacts.create(world, TENANT, 10, **fields))


def _a_bundle(world: World) -> FileId:
    return _made(world, artifacts.bundle(world, TENANT, [_an_artifact(world)]))


def create_artifact(world: World) -> Operation:
    return artifacts.create(world, TENANT, 10)


def create_artifact_where_another_has_expired(world: World) -> Operation:
    world.finish(world.set_limit(TENANT, Amount(files=1, bytes=300)))
    _an_artifact(world, retention=Retention.EPHEMERAL)
    world.clock.advance(DAY)
    return artifacts.create(world, TENANT, 10)


def copy_file(world: World) -> Operation:
    file_id = _made(world, world.create_file(TENANT, len(VALID), "user_data"))
    return artifacts.copy(world, TENANT, file_id)


def create_bundle(world: World) -> Operation:
    return artifacts.bundle(world, TENANT, [_an_artifact(world)])


def delete_artifact(world: World) -> Operation:
    return artifacts.delete(world, TENANT, _an_artifact(world))


def delete_bundle(world: World) -> Operation:
    return artifacts.delete(world, TENANT, _a_bundle(world))


def receive_artifact(world: World) -> Operation:
    world.finish(artifacts.create(world, TENANT, 10))
    return world.receive(world.validation_queue[0])


def clear_deleted_artifact(world: World) -> Operation:
    world.finish(delete_artifact(world))
    return world.clear(world.removals[0])


def clear_deleted_bundle(world: World) -> Operation:
    world.finish(delete_bundle(world))
    return world.clear(world.removals[0])


def clear_artifact_that_ttl_removed(world: World) -> Operation:
    _an_artifact(world, retention=Retention.EPHEMERAL)
    world.clock.advance(2 * DAY)
    world.collect_ttl()
    return world.clear(world.removals[0])


def sweep_expired_artifact(world: World) -> Operation:
    _an_artifact(world, retention=Retention.EPHEMERAL)
    world.clock.advance(DAY)
    return world.sweep()


def sweep_copy_that_died(world: World) -> Operation:
    creation = copy_file(world)
    while creation.calls[-1] != "objects.copy":
        world.step(creation)
    world.step(creation, Interruption.CRASH_BEFORE)
    world.clock.advance(VALIDATION_GRACE)
    return world.sweep()


SCENARIOS: tuple[Begin, ...] = (
    create_artifact,
    create_artifact_where_another_has_expired,
    copy_file,
    create_bundle,
    delete_artifact,
    delete_bundle,
    receive_artifact,
    clear_deleted_artifact,
    clear_deleted_bundle,
    clear_artifact_that_ttl_removed,
    sweep_expired_artifact,
    sweep_copy_that_died,
)


@pytest.mark.parametrize(("make_world", "begin", "number", "interruption"), cases(SCENARIOS))
def test_after_the_queues_retries_and_one_sweep_all_is_right(
    make_world: MakeWorld, begin: Begin, number: int, interruption: Interruption
) -> None:
    check_recovery(make_world, begin, number, interruption)
