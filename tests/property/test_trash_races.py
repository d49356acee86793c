"""Every interleaving of those who meet over a file and the trash ends in a right state.

People, programs, workers, and the moment at which a deadline passes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from larder.domain.errors import NotFoundError
from larder.domain.files import DAY
from larder.services.space.update_file import FileChanges
from tests.backends.aws import aws_backend
from tests.property.interleavings import check_endings, deadline, every_interleaving
from tests.property.operations import Operation, gated
from tests.property.space_samples import a_file, a_trashed_file
from tests.samples import TENANT

if TYPE_CHECKING:
    from tests.property.interleavings import Begin
    from tests.property.space import Space


def _named(name: str) -> FileChanges:
    return FileChanges(name=name)


def ttl(world: Space) -> Operation:
    """Let DynamoDB remove at some time what is a day past its expiry."""
    return Operation("ttl", lambda: gated(world, "dynamodb").collect_ttl())


def _trash_and_receive(world: Space) -> list[Operation]:
    file_id = a_file(world, settled=False)
    return [world.trash(TENANT, file_id), world.receive(world.validation_queue[0])]


def _trash_and_update(world: Space) -> list[Operation]:
    file_id = a_file(world)
    return [world.trash(TENANT, file_id), world.update(TENANT, file_id, _named("b"))]


def _trash_and_delete(world: Space) -> list[Operation]:
    file_id = a_file(world)
    return [world.trash(TENANT, file_id), world.delete(TENANT, file_id)]


def _trash_twice(world: Space) -> list[Operation]:
    file_id = a_file(world)
    return [world.trash(TENANT, file_id), world.trash(TENANT, file_id)]


def _trash_and_restore_and_update(world: Space) -> list[Operation]:
    file_id = a_file(world)
    return [
        world.trash(TENANT, file_id),
        world.restore(TENANT, file_id),
        world.update(TENANT, file_id, _named("b")),
    ]


def _trash_and_restore_and_receive(world: Space) -> list[Operation]:
    file_id = a_file(world, settled=False)
    return [
        world.trash(TENANT, file_id),
        world.restore(TENANT, file_id),
        world.receive(world.validation_queue[0]),
    ]


def _trash_and_expire(world: Space) -> list[Operation]:
    file_id = a_file(world, expires_after=3_600)
    world.clock.advance(3_599)
    return [world.trash(TENANT, file_id), world.sweep(), deadline(world)]


def _trash_and_ttl(world: Space) -> list[Operation]:
    file_id = a_file(world, expires_after=3_600)
    world.clock.advance(3_599)
    return [world.trash(TENANT, file_id), ttl(world), deadline(world, DAY + 1)]


def _trash_and_settle_late_bytes(world: Space) -> list[Operation]:
    creation = world.create_file(TENANT, 10, "user_data")
    world.step(creation)
    ((_, file_id),) = world.backend.snapshot().files
    return [creation, world.trash(TENANT, file_id), world.purge(TENANT, file_id)]


def _restore_twice_and_trash(world: Space) -> list[Operation]:
    file_id = a_trashed_file(world)
    return [
        world.restore(TENANT, file_id),
        world.restore(TENANT, file_id),
        world.update(TENANT, file_id, _named("b")),
        world.trash(TENANT, file_id),
    ]


def _restore_twice_and_receive_and_trash(world: Space) -> list[Operation]:
    file_id = a_trashed_file(world, settled=False)
    return [
        world.restore(TENANT, file_id),
        world.restore(TENANT, file_id),
        world.receive(world.validation_queue[0]),
        world.trash(TENANT, file_id),
    ]


def _restore_and_purge(world: Space) -> list[Operation]:
    file_id = a_trashed_file(world)
    return [world.restore(TENANT, file_id), world.purge(TENANT, file_id)]


def _restore_and_receive(world: Space) -> list[Operation]:
    file_id = a_trashed_file(world, settled=False)
    return [world.restore(TENANT, file_id), world.receive(world.validation_queue[0])]


def _restore_and_clear(world: Space) -> list[Operation]:
    file_id = a_trashed_file(world, settled=False)
    return [world.restore(TENANT, file_id), world.clear(world.removals[0])]


def _restore_and_delete_and_clear(world: Space) -> list[Operation]:
    file_id = a_trashed_file(world, settled=False)
    return [
        world.restore(TENANT, file_id),
        world.delete(TENANT, file_id),
        world.clear(world.removals[0]),
    ]


def _restore_and_sweep(world: Space) -> list[Operation]:
    file_id = a_trashed_file(world)
    world.clock.advance(30 * DAY - 1)
    return [
        world.restore(TENANT, file_id),
        world.sweep(),
        world.trash(TENANT, file_id),
        deadline(world),
    ]


def _restore_and_reclaim(world: Space) -> list[Operation]:
    file_id = a_trashed_file(world)
    world.clock.advance(30 * DAY - 1)
    return [world.restore(TENANT, file_id), world.read_usage(TENANT), deadline(world)]


def _restore_and_ttl(world: Space) -> list[Operation]:
    file_id = a_trashed_file(world)
    world.clock.advance(30 * DAY - 1)
    return [world.restore(TENANT, file_id), ttl(world), deadline(world, DAY + 1)]


def _purge_twice(world: Space) -> list[Operation]:
    file_id = a_trashed_file(world)
    return [world.purge(TENANT, file_id), world.purge(TENANT, file_id)]


def _purge_and_sweep(world: Space) -> list[Operation]:
    file_id = a_trashed_file(world)
    world.clock.advance(30 * DAY - 1)
    return [world.purge(TENANT, file_id), world.sweep(), deadline(world)]


def _purge_and_ttl_and_clear(world: Space) -> list[Operation]:
    file_id = a_trashed_file(world, settled=False)
    world.clock.advance(30 * DAY - 1)
    return [
        world.purge(TENANT, file_id),
        ttl(world),
        world.clear(world.removals[0]),
        deadline(world, DAY + 1),
    ]


def _empty_trash_and_restore(world: Space) -> list[Operation]:
    file_ids = [a_trashed_file(world) for _ in range(3)]
    return [world.empty_trash(TENANT), world.restore(TENANT, file_ids[1])]


def _empty_trash_and_restore_and_trash_again(world: Space) -> list[Operation]:
    file_id = a_trashed_file(world)
    return [
        world.empty_trash(TENANT),
        world.restore(TENANT, file_id),
        world.trash(TENANT, file_id),
        deadline(world),
    ]


def _empty_trash_and_purge(world: Space) -> list[Operation]:
    file_ids = [a_trashed_file(world) for _ in range(3)]
    return [world.empty_trash(TENANT), world.purge(TENANT, file_ids[2])]


def _empty_trash_twice(world: Space) -> list[Operation]:
    for _ in range(3):
        a_trashed_file(world)
    return [world.empty_trash(TENANT), world.empty_trash(TENANT)]


def _empty_trash_in_two_places(world: Space) -> list[Operation]:
    file_ids = [a_trashed_file(world) for _ in range(3)]
    world.finish(world.empty_trash(TENANT, patience=0))
    (message,) = world.cleanups
    return [
        world.clean(message, patience=1),
        world.clean(message),
        world.restore(TENANT, file_ids[0]),
    ]


@pytest.mark.parametrize(
    "begin",
    [
        _trash_and_receive,
        _trash_and_update,
        _trash_and_delete,
        _trash_twice,
        _trash_and_restore_and_update,
        _trash_and_restore_and_receive,
        _trash_and_expire,
        _trash_and_ttl,
        _trash_and_settle_late_bytes,
        _restore_twice_and_trash,
        _restore_twice_and_receive_and_trash,
        _restore_and_purge,
        _restore_and_receive,
        _restore_and_clear,
        _restore_and_delete_and_clear,
        _restore_and_sweep,
        _restore_and_reclaim,
        _restore_and_ttl,
        _purge_twice,
        _purge_and_sweep,
        _purge_and_ttl_and_clear,
        _empty_trash_and_restore,
        _empty_trash_and_restore_and_trash_again,
        _empty_trash_and_purge,
        _empty_trash_twice,
        _empty_trash_in_two_places,
    ],
    ids=lambda begin: begin.__name__.strip("_"),
)
def test_every_interleaving_ends_right(begin: Begin) -> None:
    check_endings(begin)


@pytest.mark.parametrize(
    "begin",
    [
        _trash_and_update,
        _purge_twice,
    ],
    ids=lambda begin: begin.__name__.strip("_"),
)
def test_every_interleaving_ends_right_on_aws_too(begin: Begin) -> None:
    check_endings(begin, lambda: aws_backend(due_shards=2))


def test_a_file_is_restored_or_purged_and_never_both() -> None:
    for ending in every_interleaving(_restore_and_purge):
        refused = [op for op in ending.operations if isinstance(op.error, NotFoundError)]
        assert len(refused) == 1, ending.order


def test_what_was_restored_and_trashed_again_is_not_emptied_with_what_was_there_before() -> None:
    def begin(world: Space) -> list[Operation]:
        file_id = a_trashed_file(world)
        emptying = world.empty_trash(TENANT)
        world.clock.advance(1)
        return [emptying, world.restore(TENANT, file_id), world.trash(TENANT, file_id)]

    for ending in every_interleaving(begin):
        _, restore, trash = ending.operations
        stored = ending.world.backend.snapshot()
        kept = restore.error is None
        assert len(stored.files) + len(stored.trash) == kept, ending.order
        assert len(stored.trash) == (kept and trash.error is None), ending.order
