"""Every interleaving of two operations, call by call, ends in a right state.

The time at which a deadline passes is one more operation, of a single step.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from larder.domain.errors import InvalidParameterError, QuotaExceededError
from larder.domain.files import File
from larder.domain.projects import AUDIT_INTERVAL
from larder.domain.quota import Amount
from larder.services.upkeep.clear_removed import clear_file
from larder.services.upkeep.sweep import SweepResult
from tests.fakes.clock import START
from tests.property.interleavings import check_endings, deadline, every_interleaving
from tests.property.operations import Operation, gated
from tests.property.world import VALID
from tests.samples import TENANT

if TYPE_CHECKING:
    from larder.domain.ids import PartId
    from larder.domain.uploads import Upload
    from tests.property.interleavings import Begin
    from tests.property.world import World


def client_put(world: World, upload: Upload) -> Operation:
    """PUT the bytes at some time."""
    return Operation("put", lambda: gated(world, "client").put(TENANT, upload))


def an_upload(world: World, *, arrived: bool, purpose: str = "user_data") -> Upload:
    """Return a pending upload, one second before it is overdue."""
    world.finish(world.create_upload(TENANT, len(VALID), purpose))
    (upload,) = world.backend.snapshot().uploads.values()
    if arrived:
        world.put(TENANT, upload)
    world.clock.now = upload.closes_at - 1
    return upload


def a_file(world: World, *, expires_after: int | None = None, purpose: str = "batch") -> File:
    """Return a file whose bytes have just arrived in S3, and that nobody has validated."""
    if purpose != "batch":
        world.finish(world.create_file(TENANT, len(VALID), purpose, expires_after))
    else:
        world.finish(world.create_upload(TENANT, len(VALID), purpose, expires_after))
        (upload,) = world.backend.snapshot().uploads.values()
        world.put(TENANT, upload)
        world.finish(world.complete(TENANT, upload))
    (file,) = world.backend.snapshot().files.values()
    return file


def _complete_and_receive(world: World) -> list[Operation]:
    upload = an_upload(world, arrived=True)
    return [
        world.complete(TENANT, upload),
        world.receive(world.validation_queue[0]),
        deadline(world),
    ]


def _complete_and_sweep(world: World) -> list[Operation]:
    upload = an_upload(world, arrived=True)
    return [world.complete(TENANT, upload), world.sweep(), deadline(world)]


def _complete_and_reclaim(world: World) -> list[Operation]:
    upload = an_upload(world, arrived=True)
    return [world.complete(TENANT, upload), world.read_usage(TENANT), deadline(world)]


def _complete_and_cancel(world: World) -> list[Operation]:
    upload = an_upload(world, arrived=True)
    return [world.complete(TENANT, upload), world.cancel(TENANT, upload), deadline(world)]


def _complete_twice(world: World) -> list[Operation]:
    upload = an_upload(world, arrived=True)
    return [world.complete(TENANT, upload), world.complete(TENANT, upload)]


def _complete_and_put(world: World) -> list[Operation]:
    upload = an_upload(world, arrived=False)
    world.clock.now = upload.expires_at - 1
    return [world.complete(TENANT, upload), client_put(world, upload), deadline(world)]


def an_upload_in_parts(world: World) -> Upload:
    """Return a pending upload whose one part has arrived, one second before it is overdue."""
    world.finish(world.create_upload(TENANT, 150, "user_data"))
    (upload,) = world.backend.snapshot().uploads.values()
    assert world.put(TENANT, upload)
    world.clock.now = upload.closes_at - 1
    return upload


def _complete_parts_twice(world: World) -> list[Operation]:
    upload = an_upload_in_parts(world)
    return [world.complete(TENANT, upload), world.complete(TENANT, upload)]


def _complete_parts_and_cancel(world: World) -> list[Operation]:
    upload = an_upload_in_parts(world)
    return [world.complete(TENANT, upload), world.cancel(TENANT, upload), deadline(world)]


def _complete_parts_and_sweep(world: World) -> list[Operation]:
    upload = an_upload_in_parts(world)
    return [world.complete(TENANT, upload), world.sweep(), deadline(world)]


def _send_small_part_and_complete(world: World) -> list[Operation]:
    upload = an_upload(world, arrived=False)
    world.clock.now = upload.expires_at - 1
    world.finish(world.send_part(TENANT, upload))
    return [world.complete(TENANT, upload), world.send_part(TENANT, upload), deadline(world)]


def _send_small_part_and_cancel(world: World) -> list[Operation]:
    upload = an_upload(world, arrived=False)
    world.clock.now = upload.expires_at - 1
    return [world.send_part(TENANT, upload), world.cancel(TENANT, upload), deadline(world)]


def _cancel_and_receive(world: World) -> list[Operation]:
    upload = an_upload(world, arrived=True)
    return [world.cancel(TENANT, upload), world.receive(world.validation_queue[0]), deadline(world)]


def _cancel_and_put(world: World) -> list[Operation]:
    upload = an_upload(world, arrived=False)
    world.clock.now = upload.expires_at - 1
    return [world.cancel(TENANT, upload), client_put(world, upload), deadline(world)]


def _cancel_and_sweep(world: World) -> list[Operation]:
    upload = an_upload(world, arrived=False)
    return [world.cancel(TENANT, upload), world.sweep(), deadline(world)]


def _receive_and_sweep(world: World) -> list[Operation]:
    an_upload(world, arrived=True)
    return [world.receive(world.validation_queue[0]), world.sweep(), deadline(world)]


def _receive_twice(world: World) -> list[Operation]:
    an_upload(world, arrived=True, purpose="batch")
    arrival = world.validation_queue[0]
    return [world.receive(arrival), world.receive(arrival)]


def _create_and_receive(world: World) -> list[Operation]:
    creation = world.create_file(TENANT, len(VALID), "batch")
    while not world.validation_queue:
        creation.step()
    return [creation, world.receive(world.validation_queue[0])]


def _receive_and_delete(world: World) -> list[Operation]:
    file = a_file(world)
    return [world.receive(world.validation_queue[0]), world.delete(TENANT, file.id)]


def _receive_and_clear(world: World) -> list[Operation]:
    file = a_file(world)
    world.finish(world.delete(TENANT, file.id))
    return [world.receive(world.validation_queue[0]), world.clear(world.removals[0])]


def _receive_and_expire(world: World) -> list[Operation]:
    file = a_file(world, expires_after=3_600)
    assert file.expires_at is not None
    world.clock.now = file.expires_at - 1
    return [world.receive(world.validation_queue[0]), world.read_usage(TENANT), deadline(world)]


def _delete_twice(world: World) -> list[Operation]:
    file = a_file(world)
    return [world.delete(TENANT, file.id), world.delete(TENANT, file.id)]


def _delete_and_expire(world: World) -> list[Operation]:
    file = a_file(world, expires_after=3_600)
    assert file.expires_at is not None
    world.clock.now = file.expires_at - 1
    return [world.delete(TENANT, file.id), world.sweep(), deadline(world)]


def _receive_and_delete_and_clear(world: World) -> list[Operation]:
    file = a_file(world)
    return [world.receive(world.validation_queue[0]), world.delete_and_clear(TENANT, file)]


def _clear_twice(world: World) -> list[Operation]:
    file = a_file(world)
    world.finish(world.receive(world.validation_queue[0]))
    world.finish(world.delete(TENANT, file.id))
    removal = world.removals[0]
    return [world.clear(removal), world.clear(removal)]


def _sweep_and_get_and_receive(world: World) -> list[Operation]:
    upload = an_upload(world, arrived=True)
    return [
        world.sweep(),
        world.get_upload(TENANT, upload),
        world.receive(world.validation_queue[0]),
        deadline(world),
    ]


def _complete_small_parts_and_sweep(world: World) -> list[Operation]:
    upload = an_upload(world, arrived=False)
    world.clock.now = upload.expires_at - 1
    world.finish(world.send_part(TENANT, upload))
    world.clock.now = upload.closes_at - 1
    return [world.complete(TENANT, upload), world.sweep(), deadline(world)]


def _complete_parts_and_reclaim(world: World) -> list[Operation]:
    upload = an_upload_in_parts(world)
    return [world.complete(TENANT, upload), world.read_usage(TENANT), deadline(world)]


def _repair_and_clear_what_ttl_removed(world: World) -> list[Operation]:
    a_file(world, expires_after=3_600, purpose="user_data")
    an_upload(world, arrived=False)
    world.clock.advance(90_000)
    world.collect_ttl()
    return [world.repair(TENANT), *(world.clear(removal) for removal in world.removals)]


def _repair_while_ttl_removes(world: World) -> list[Operation]:
    file = a_file(world, expires_after=3_600, purpose="user_data")
    assert file.expires_at is not None
    # Expired, and not reclaimed yet: TTL may take it within the repair.
    world.clock.now = file.expires_at + 86_400 - 1

    def ttl() -> None:
        gated(world.clock, "clock").advance(2)
        world.collect_ttl()
        for owner, item, gone_at in world.removals:
            assert isinstance(item, File)
            world.ports.make(clear_file)(owner, item, gone_at)

    return [world.repair(TENANT), Operation("ttl", ttl)]


def _repair_and_change(world: World) -> list[Operation]:
    a_file(world, expires_after=3_600)
    world.clock.advance(90_000)
    world.collect_ttl()
    file = a_file(world)
    return [
        world.repair(TENANT),
        world.create_file(TENANT, 10, "user_data"),
        world.delete(TENANT, file.id),
    ]


def _repair_twice(world: World) -> list[Operation]:
    a_file(world, expires_after=3_600)
    world.clock.advance(90_000)
    world.collect_ttl()
    return [world.repair(TENANT), world.repair(TENANT), world.clear(world.removals[0])]


def _sweep_twice(world: World) -> list[Operation]:
    a_file(world, expires_after=3_600, purpose="user_data")
    world.clock.now = START
    an_upload(world, arrived=False)
    world.clock.advance(5)
    return [world.sweep(), world.read_usage(TENANT)]


def _admit_into_expired_room(world: World) -> list[Operation]:
    world.finish(world.set_limit(TENANT, Amount(files=2, bytes=300)))
    for _ in range(2):
        world.finish(world.create_file(TENANT, 1, "user_data", 3_600))
    world.clock.advance(3_600)
    return [world.create_file(TENANT, 150, "user_data"), world.create_file(TENANT, 150, "evals")]


def _limit_and_admit(world: World) -> list[Operation]:
    return [
        world.set_limit(TENANT, Amount(files=1, bytes=100)),
        world.create_file(TENANT, 150, "user_data"),
        world.set_limit(TENANT, Amount(files=2, bytes=200)),
    ]


@pytest.mark.parametrize(
    "begin",
    [
        _complete_and_receive,
        _complete_and_sweep,
        _complete_and_reclaim,
        _complete_and_cancel,
        _complete_twice,
        _complete_and_put,
        _complete_parts_twice,
        _complete_parts_and_cancel,
        _complete_parts_and_sweep,
        _send_small_part_and_complete,
        _send_small_part_and_cancel,
        _cancel_and_receive,
        _cancel_and_put,
        _cancel_and_sweep,
        _receive_and_sweep,
        _receive_twice,
        _create_and_receive,
        _receive_and_delete,
        _receive_and_clear,
        _receive_and_delete_and_clear,
        _receive_and_expire,
        _delete_twice,
        _delete_and_expire,
        _clear_twice,
        _sweep_and_get_and_receive,
        _complete_small_parts_and_sweep,
        _complete_parts_and_reclaim,
        _repair_and_clear_what_ttl_removed,
        _repair_while_ttl_removes,
        _repair_and_change,
        _repair_twice,
        _sweep_twice,
        _admit_into_expired_room,
        _limit_and_admit,
    ],
    ids=lambda begin: begin.__name__.strip("_"),
)
def test_every_interleaving_ends_right(begin: Begin) -> None:
    check_endings(begin)


def an_upload_in_two_small_parts(world: World) -> tuple[Upload, list[PartId]]:
    """Return a pending upload of ten bytes, and the ids of its parts."""
    world.finish(world.create_upload(TENANT, 10, "user_data"))
    (upload,) = world.backend.snapshot().uploads.values()
    for data in (b"some ", b"bytes"):
        world.finish(world.send_part(TENANT, upload, data))
    return upload, world.history.sent[TENANT, upload.file_id]


def test_who_completes_second_is_told_the_same_also_when_the_parts_are_cleared_by_then() -> None:
    def begin(world: World) -> list[Operation]:
        upload, ids = an_upload_in_two_small_parts(world)
        md5 = _md5(b"some bytes")
        return [
            world.complete(TENANT, upload, ids, md5),
            world.complete(TENANT, upload, ids),
            world.sweep(),
        ]

    for ending in every_interleaving(begin):
        assert [op.error for op in ending.operations] == [None] * 3, ending.order


def test_of_two_orders_of_the_parts_only_the_one_whose_md5_the_file_has_is_acknowledged() -> None:
    orders = {b"some bytes": [0, 1], b"bytessome ": [1, 0]}

    def begin(world: World) -> list[Operation]:
        upload, ids = an_upload_in_two_small_parts(world)
        return [
            *(
                world.complete(TENANT, upload, [ids[at] for at in order], _md5(data))
                for data, order in orders.items()
            ),
            world.sweep(),
        ]

    for ending in every_interleaving(begin):
        [(owner, file_id)] = ending.world.backend.snapshot().files
        stream = ending.world.backend.objects.stream(owner, file_id)
        assert stream is not None
        with stream as blocks:
            stored = b"".join(blocks)
        for data, completion in zip(orders, ending.operations, strict=False):
            if data == stored:
                assert completion.error is None, ending.order
            else:
                assert isinstance(completion.error, InvalidParameterError), ending.order
                assert completion.error.param == "md5"


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def _changes(world: World) -> dict[str, Operation]:
    """Begin each operation that changes counters, on a project that is due for its audit."""
    world.finish(world.create_file(TENANT, 10, "user_data"))
    world.drain()
    (file,) = world.backend.snapshot().files.values()
    world.clock.advance(AUDIT_INTERVAL)
    upload = an_upload(world, arrived=True)
    world.clock.advance(-10)
    return {
        "create_file": world.create_file(TENANT, 10, "user_data"),
        "create_upload": world.create_upload(TENANT, 10, "user_data"),
        "complete": world.complete(TENANT, upload),
        "cancel": world.cancel(TENANT, upload),
        "delete": world.delete(TENANT, file.id),
        "set_limit": world.set_limit(TENANT, Amount(files=3, bytes=200)),
    }


@pytest.mark.parametrize(
    "change", ["create_file", "create_upload", "complete", "cancel", "delete", "set_limit"]
)
def test_an_audit_takes_no_change_under_way_for_drift(change: str) -> None:
    def begin(world: World) -> list[Operation]:
        changes = _changes(world)
        chosen = changes.pop(change)
        for other in changes.values():
            other.abandon()
        return [world.sweep(), chosen]

    outcomes = set()
    for ending in every_interleaving(begin):
        outcomes |= {swept.result for swept in ending.world.history.swept}

    assert SweepResult.COUNTERS_EXACT in outcomes
    assert outcomes <= {SweepResult.COUNTERS_EXACT, SweepResult.COUNTERS_BUSY}


def test_of_two_at_once_into_room_for_one_exactly_one_is_admitted() -> None:
    def begin(world: World) -> list[Operation]:
        return [
            world.create_file(TENANT, 151, "user_data"),
            world.create_upload(TENANT, 150, "user_data"),
        ]

    for ending in every_interleaving(begin):
        refused = [op for op in ending.operations if isinstance(op.error, QuotaExceededError)]
        assert len(refused) == 1, ending.order
