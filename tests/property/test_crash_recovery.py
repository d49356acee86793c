"""Kill a use case at any port call: after the queues' retries and one sweep all is right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from larder.domain.files import DAY, VALIDATION_GRACE
from larder.domain.projects import AUDIT_INTERVAL
from larder.domain.quota import Amount
from larder.domain.uploads import UPLOAD_LIFE
from tests.property.operations import Interruption, Operation
from tests.property.recovery import cases, check_recovery
from tests.property.world import VALID
from tests.samples import TENANT, UPLOAD_CLOSES

if TYPE_CHECKING:
    from larder.domain.files import File
    from larder.domain.uploads import Upload
    from tests.property.recovery import Begin, MakeWorld
    from tests.property.world import World


def _a_file(world: World, purpose: str = "user_data", expires_after: int | None = None) -> File:
    world.finish(world.create_file(TENANT, len(VALID), purpose, expires_after))
    return max(world.backend.snapshot().files.values(), key=lambda file: file.id)


def _an_upload(world: World, purpose: str = "user_data") -> Upload:
    world.finish(world.create_upload(TENANT, len(VALID), purpose))
    return max(world.backend.snapshot().uploads.values(), key=lambda upload: upload.id)


def create_file(world: World) -> Operation:
    return world.create_file(TENANT, 10, "batch")


def create_file_where_others_have_expired(world: World) -> Operation:
    world.finish(world.set_limit(TENANT, Amount(files=2, bytes=300)))
    _a_file(world, expires_after=UPLOAD_LIFE)
    world.drain()
    _an_upload(world)
    world.clock.advance(UPLOAD_CLOSES)
    return world.create_file(TENANT, 10, "user_data")


def create_upload(world: World) -> Operation:
    return world.create_upload(TENANT, 10, "user_data")


def complete_upload(world: World) -> Operation:
    upload = _an_upload(world)
    world.put(TENANT, upload)
    return world.complete(TENANT, upload)


def create_upload_in_parts(world: World) -> Operation:
    return world.create_upload(TENANT, 150, "user_data")


def _an_upload_in_parts(world: World) -> Upload:
    world.finish(create_upload_in_parts(world))
    return max(world.backend.snapshot().uploads.values(), key=lambda upload: upload.id)


def complete_upload_in_parts(world: World) -> Operation:
    upload = _an_upload_in_parts(world)
    world.put(TENANT, upload)
    return world.complete(TENANT, upload)


def cancel_upload_in_parts(world: World) -> Operation:
    upload = _an_upload_in_parts(world)
    world.put(TENANT, upload)
    return world.cancel(TENANT, upload)


def send_small_part(world: World) -> Operation:
    return world.send_part(TENANT, _an_upload(world))


def complete_upload_of_small_parts(world: World) -> Operation:
    upload = _an_upload(world)
    world.finish(world.send_part(TENANT, upload))
    return world.complete(TENANT, upload)


def cancel_upload(world: World) -> Operation:
    return world.cancel(TENANT, _an_upload(world))


def cancel_upload_whose_bytes_have_arrived(world: World) -> Operation:
    upload = _an_upload(world)
    world.put(TENANT, upload)
    return world.cancel(TENANT, upload)


def delete_file(world: World) -> Operation:
    file = _a_file(world)
    world.drain()
    return world.delete(TENANT, file.id)


def read_usage_after_expiries(world: World) -> Operation:
    _a_file(world, expires_after=UPLOAD_LIFE)
    _an_upload(world)
    world.clock.advance(UPLOAD_CLOSES)
    return world.read_usage(TENANT)


def create_valid_batch_file(world: World) -> Operation:
    return world.create_file(TENANT, len(VALID), "batch")


def receive_batch_file_that_was_validated(world: World) -> Operation:
    _a_file(world, purpose="batch")
    return world.receive(world.validation_queue[0])


def receive_batch_file_with_mistakes(world: World) -> Operation:
    world.finish(world.create_upload(TENANT, 10, "batch"))
    (upload,) = world.backend.snapshot().uploads.values()
    world.put(TENANT, upload)
    return world.receive(world.validation_queue[0])


def receive_other_file(world: World) -> Operation:
    _a_file(world, purpose="user_data")
    return world.receive(world.validation_queue[0])


def receive_bytes_of_an_upload(world: World) -> Operation:
    world.put(TENANT, _an_upload(world, purpose="batch"))
    return world.receive(world.validation_queue[0])


def receive_bytes_of_an_overdue_upload(world: World) -> Operation:
    world.put(TENANT, _an_upload(world))
    world.clock.advance(UPLOAD_CLOSES)
    return world.receive(world.validation_queue[0])


def receive_bytes_of_a_deleted_file(world: World) -> Operation:
    file = _a_file(world)
    world.finish(world.delete(TENANT, file.id))
    return world.receive(world.validation_queue[0])


def clear_deleted_file(world: World) -> Operation:
    file = _a_file(world)
    world.drain()
    world.finish(world.delete(TENANT, file.id))
    return world.clear(world.removals[0])


def clear_file_that_ttl_removed(world: World) -> Operation:
    _a_file(world, expires_after=UPLOAD_LIFE)
    world.drain()
    world.clock.advance(UPLOAD_LIFE + DAY)
    world.collect_ttl()
    return world.clear(world.removals[0])


def clear_completed_upload_that_ttl_removed(world: World) -> Operation:
    world.put(TENANT, _an_upload(world))
    world.drain()
    world.clock.advance(DAY)
    world.collect_ttl()
    return world.clear(world.removals[0])


def sweep_expired_file(world: World) -> Operation:
    _a_file(world, expires_after=UPLOAD_LIFE)
    world.drain()
    world.clock.advance(UPLOAD_LIFE)
    return world.sweep()


def sweep_overdue_upload(world: World) -> Operation:
    _an_upload(world)
    world.clock.advance(UPLOAD_CLOSES)
    return world.sweep()


def _whose_event_is_lost(world: World) -> Upload:
    upload = _an_upload(world)
    world.put(TENANT, upload)
    world.lose(world.validation_queue[0])
    world.clock.advance(UPLOAD_CLOSES + DAY)
    return upload


def sweep_overdue_upload_with_its_bytes(world: World) -> Operation:
    _whose_event_is_lost(world)
    return world.sweep()


def read_usage_of_an_overdue_upload_with_its_bytes(world: World) -> Operation:
    _whose_event_is_lost(world)
    return world.read_usage(TENANT)


def get_overdue_upload_with_its_bytes(world: World) -> Operation:
    return world.get_upload(TENANT, _whose_event_is_lost(world))


def complete_overdue_upload_with_its_bytes(world: World) -> Operation:
    return world.complete(TENANT, _whose_event_is_lost(world))


def _died_before(world: World, operation: Operation, call: str) -> None:
    while operation.calls[-1] != call:
        world.step(operation)
    world.step(operation, Interruption.CRASH_BEFORE)


def sweep_a_completion_that_died(world: World) -> Operation:
    upload = _an_upload_in_parts(world)
    world.put(TENANT, upload)
    _died_before(world, world.complete(TENANT, upload), "parts.finish")
    world.clock.advance(UPLOAD_CLOSES)
    return world.sweep()


def sweep_a_completion_of_small_parts_that_died(world: World) -> Operation:
    upload = _an_upload(world)
    world.finish(world.send_part(TENANT, upload))
    _died_before(world, world.complete(TENANT, upload), "parts.assemble")
    world.clock.advance(UPLOAD_CLOSES)
    return world.sweep()


def sweep_file_without_bytes(world: World) -> Operation:
    creation = world.create_file(TENANT, 10, "user_data")
    world.step(creation, Interruption.CRASH_AFTER)
    world.clock.advance(VALIDATION_GRACE)
    return world.sweep()


def sweep_file_whose_arrival_was_lost(world: World) -> Operation:
    _a_file(world)
    world.lose(world.validation_queue[0])
    world.clock.advance(VALIDATION_GRACE)
    return world.sweep()


def sweep_counters(world: World) -> Operation:
    _a_file(world)
    world.drain()
    world.clock.advance(AUDIT_INTERVAL)
    return world.sweep()


SCENARIOS: tuple[Begin, ...] = (
    create_file,
    create_valid_batch_file,
    create_file_where_others_have_expired,
    create_upload,
    create_upload_in_parts,
    complete_upload,
    complete_upload_in_parts,
    complete_upload_of_small_parts,
    cancel_upload_in_parts,
    send_small_part,
    cancel_upload,
    cancel_upload_whose_bytes_have_arrived,
    delete_file,
    read_usage_after_expiries,
    receive_batch_file_that_was_validated,
    receive_batch_file_with_mistakes,
    receive_other_file,
    receive_bytes_of_an_upload,
    receive_bytes_of_an_overdue_upload,
    receive_bytes_of_a_deleted_file,
    clear_deleted_file,
    clear_file_that_ttl_removed,
    clear_completed_upload_that_ttl_removed,
    sweep_expired_file,
    sweep_overdue_upload,
    sweep_overdue_upload_with_its_bytes,
    read_usage_of_an_overdue_upload_with_its_bytes,
    get_overdue_upload_with_its_bytes,
    complete_overdue_upload_with_its_bytes,
    sweep_a_completion_that_died,
    sweep_a_completion_of_small_parts_that_died,
    sweep_file_without_bytes,
    sweep_file_whose_arrival_was_lost,
    sweep_counters,
)


@pytest.mark.parametrize(("make_world", "begin", "number", "interruption"), cases(SCENARIOS))
def test_after_the_queues_retries_and_one_sweep_all_is_right(
    make_world: MakeWorld, begin: Begin, number: int, interruption: Interruption
) -> None:
    check_recovery(make_world, begin, number, interruption)
