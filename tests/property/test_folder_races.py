"""Every interleaving of the deletion of a folder with what becomes of its files ends right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from larder.domain.trash import TRASH_LIFE
from larder.services.space.update_file import FileChanges
from tests.backends.aws import aws_backend
from tests.property.interleavings import (
    check_all,
    check_endings,
    deadline,
    every_interleaving,
    every_interruption,
)
from tests.property.space_samples import a_file, a_folder, a_trashed_file
from tests.samples import TENANT

if TYPE_CHECKING:
    from larder.domain.ids import FileId, FolderId
    from tests.property.interleavings import Begin
    from tests.property.operations import Operation
    from tests.property.space import Space


def _delete_folder_and_trash(world: Space) -> list[Operation]:
    folder = a_folder(world)
    file_id = a_file(world, folder)
    return [world.delete_folder(TENANT, folder, recursive=True), world.trash(TENANT, file_id)]


def _delete_folder_and_restore(world: Space) -> list[Operation]:
    folder = a_folder(world)
    file_id = a_trashed_file(world, folder)
    return [world.delete_folder(TENANT, folder, recursive=True), world.restore(TENANT, file_id)]


def _delete_empty_folder_and_restore(world: Space) -> list[Operation]:
    folder = a_folder(world)
    file_id = a_trashed_file(world, folder)
    return [world.delete_folder(TENANT, folder), world.restore(TENANT, file_id)]


def _delete_folder_and_update(world: Space) -> list[Operation]:
    folder = a_folder(world)
    file_id = a_file(world, folder)
    return [
        world.delete_folder(TENANT, folder, recursive=True),
        world.update(TENANT, file_id, FileChanges(name="b")),
    ]


def _delete_folder_and_receive(world: Space) -> list[Operation]:
    folder = a_folder(world)
    a_file(world, folder, settled=False)
    return [
        world.delete_folder(TENANT, folder, recursive=True),
        world.receive(world.validation_queue[0]),
    ]


def _delete_folder_and_move_file_in(world: Space) -> list[Operation]:
    folder, file_id = a_folder(world), a_file(world)
    return [
        world.delete_folder(TENANT, folder, recursive=True),
        world.update(TENANT, file_id, FileChanges(folder=folder)),
    ]


def _delete_empty_folder_and_move_file_in(world: Space) -> list[Operation]:
    folder, file_id = a_folder(world), a_file(world)
    return [
        world.delete_folder(TENANT, folder),
        world.update(TENANT, file_id, FileChanges(folder=folder)),
    ]


def _delete_folder_and_move_file_out(world: Space) -> list[Operation]:
    folder = a_folder(world)
    file_id = a_file(world, folder)
    return [
        world.delete_folder(TENANT, folder, recursive=True),
        world.update(TENANT, file_id, FileChanges(folder="root")),
    ]


def _delete_folder_and_create_file(world: Space) -> list[Operation]:
    folder = a_folder(world)
    return [
        world.delete_folder(TENANT, folder, recursive=True),
        world.create_file(TENANT, 10, "user_data", folder=folder),
    ]


def _delete_empty_folder_and_create_file(world: Space) -> list[Operation]:
    folder = a_folder(world)
    return [
        world.delete_folder(TENANT, folder),
        world.create_file(TENANT, 10, "user_data", folder=folder),
    ]


def _delete_folder_and_create_upload(world: Space) -> list[Operation]:
    folder = a_folder(world)
    return [
        world.delete_folder(TENANT, folder, recursive=True),
        world.create_upload(TENANT, 10, "user_data", folder=folder),
    ]


def _delete_folder_and_complete(world: Space) -> list[Operation]:
    folder = a_folder(world)
    world.finish(world.create_upload(TENANT, 10, "user_data", folder=folder))
    (upload,) = world.backend.snapshot().uploads.values()
    world.put(TENANT, upload)
    return [world.delete_folder(TENANT, folder, recursive=True), world.complete(TENANT, upload)]


def _delete_folder_and_receive_upload(world: Space) -> list[Operation]:
    folder = a_folder(world)
    world.finish(world.create_upload(TENANT, 10, "user_data", folder=folder))
    (upload,) = world.backend.snapshot().uploads.values()
    world.put(TENANT, upload)
    return [
        world.delete_folder(TENANT, folder, recursive=True),
        world.receive(world.validation_queue[0]),
    ]


def _delete_folder_and_expire(world: Space) -> list[Operation]:
    folder = a_folder(world)
    a_file(world, folder, expires_after=3_600)
    world.clock.advance(3_599)
    return [
        world.delete_folder(TENANT, folder, recursive=True),
        world.read_usage(TENANT),
        deadline(world),
    ]


def _in_the_trash(world: Space, *, expires_after: int | None = None) -> tuple[FolderId, FileId]:
    folder = a_folder(world)
    file_id = a_file(world, folder, expires_after=expires_after)
    world.finish(world.delete_folder(TENANT, folder, recursive=True))
    world.drain()
    return folder, file_id


def _restore_folder_and_restore_file(world: Space) -> list[Operation]:
    folder, file_id = _in_the_trash(world)
    return [world.restore_folder(TENANT, folder), world.restore(TENANT, file_id)]


def _restore_folder_and_purge_file(world: Space) -> list[Operation]:
    folder, file_id = _in_the_trash(world)
    return [world.restore_folder(TENANT, folder), world.purge(TENANT, file_id)]


def _restore_folder_and_purge_folder(world: Space) -> list[Operation]:
    folder, _ = _in_the_trash(world)
    return [world.restore_folder(TENANT, folder), world.purge_folder(TENANT, folder)]


def _a_tree(world: Space) -> FolderId:
    top = a_folder(world)
    for folder in (top, a_folder(world, "b", top)):
        a_file(world, folder)
    return top


def _tree_in_the_trash(world: Space) -> FolderId:
    top = _a_tree(world)
    world.finish(world.delete_folder(TENANT, top, recursive=True))
    world.drain()
    return top


def _delete_tree_twice(world: Space) -> list[Operation]:
    top = _a_tree(world)
    return [world.delete_folder(TENANT, top, recursive=True) for _ in range(2)]


def _restore_tree_twice(world: Space) -> list[Operation]:
    top = _tree_in_the_trash(world)
    return [world.restore_folder(TENANT, top), world.restore_folder(TENANT, top)]


def _purge_tree_twice(world: Space) -> list[Operation]:
    top = _tree_in_the_trash(world)
    return [world.purge_folder(TENANT, top), world.purge_folder(TENANT, top)]


def _restore_tree_and_purge_it(world: Space) -> list[Operation]:
    top = _tree_in_the_trash(world)
    return [world.restore_folder(TENANT, top), world.purge_folder(TENANT, top)]


def _purge_tree_and_restore_it(world: Space) -> list[Operation]:
    return _restore_tree_and_purge_it(world)[::-1]


def _restore_tree_and_delete_it(world: Space) -> list[Operation]:
    top = _tree_in_the_trash(world)
    return [world.restore_folder(TENANT, top), world.delete_folder(TENANT, top, recursive=True)]


def _restore_inner_and_above(world: Space) -> list[Operation]:
    above = a_folder(world)
    inner = a_folder(world, "b", above)
    for folder in (inner, above):
        a_file(world, folder)
        world.finish(world.delete_folder(TENANT, folder, recursive=True))
        world.drain()
    return [world.restore_folder(TENANT, inner), world.restore_folder(TENANT, above)]


def _restore_above_and_inner(world: Space) -> list[Operation]:
    return _restore_inner_and_above(world)[::-1]


def _restore_folder_and_create_another(world: Space) -> list[Operation]:
    folder, _ = _in_the_trash(world)
    return [world.restore_folder(TENANT, folder), world.create_folder(TENANT, "A")]


def _restore_folder_and_expire(world: Space) -> list[Operation]:
    folder, _ = _in_the_trash(world)
    world.clock.advance(TRASH_LIFE - 1)
    return [world.restore_folder(TENANT, folder), world.read_usage(TENANT), deadline(world)]


def _purge_folder_and_restore_file(world: Space) -> list[Operation]:
    folder, file_id = _in_the_trash(world)
    return [world.purge_folder(TENANT, folder), world.restore(TENANT, file_id)]


@pytest.mark.parametrize(
    "begin",
    [
        _restore_folder_and_restore_file,
        _restore_folder_and_purge_file,
        _restore_folder_and_purge_folder,
        _restore_folder_and_create_another,
        _restore_folder_and_expire,
        _purge_folder_and_restore_file,
        _delete_folder_and_trash,
        _delete_folder_and_restore,
        _delete_empty_folder_and_restore,
        _delete_folder_and_update,
        _delete_folder_and_receive,
        _delete_folder_and_move_file_in,
        _delete_empty_folder_and_move_file_in,
        _delete_folder_and_move_file_out,
        _delete_folder_and_create_file,
        _delete_empty_folder_and_create_file,
        _delete_folder_and_create_upload,
        _delete_folder_and_complete,
        _delete_folder_and_receive_upload,
        _delete_folder_and_expire,
    ],
    ids=lambda begin: begin.__name__.strip("_"),
)
def test_every_interleaving_ends_right(begin: Begin) -> None:
    check_endings(begin)


@pytest.mark.parametrize(
    "begin",
    [
        _delete_tree_twice,
        _restore_tree_twice,
        _purge_tree_twice,
        _restore_tree_and_purge_it,
        _purge_tree_and_restore_it,
        _restore_tree_and_delete_it,
        _restore_inner_and_above,
        _restore_above_and_inner,
    ],
    ids=lambda begin: begin.__name__.strip("_"),
)
def test_every_interruption_ends_right(begin: Begin) -> None:
    check_all(every_interruption(begin))


@pytest.mark.parametrize(
    "begin",
    [
        _delete_empty_folder_and_move_file_in,
    ],
    ids=lambda begin: begin.__name__.strip("_"),
)
def test_every_interleaving_ends_right_on_aws_too(begin: Begin) -> None:
    check_endings(begin, lambda: aws_backend(due_shards=2))


def test_a_file_that_was_moved_out_in_time_survives_the_deletion_of_its_folder() -> None:
    outcomes = set()
    for ending in every_interleaving(_delete_folder_and_move_file_out):
        _, move = ending.operations
        outcomes.add(survived := move.error is None)
        assert len(ending.world.backend.snapshot().files) == survived, ending.order

    assert outcomes == {False, True}


def test_a_file_that_is_restored_while_its_folder_is_deleted_is_kept() -> None:
    outcomes = set()
    for ending in every_interleaving(_delete_folder_and_restore):
        _, restore = ending.operations
        assert restore.error is None
        stored = ending.world.backend.snapshot()
        # In its folder's place there is another one by then.
        for (tenant, _), file in stored.files.items():
            assert file.folder_id is not None
            assert stored.folders[tenant, file.folder_id].name == "a"
        outcomes.add((len(stored.files), len(stored.trash)))

    assert outcomes == {(1, 0), (0, 1)}


def test_an_upload_that_is_completed_while_its_folder_is_deleted_becomes_a_file() -> None:
    outcomes = set()
    for ending in every_interleaving(_delete_folder_and_complete):
        assert all(operation.error is None for operation in ending.operations)
        stored = ending.world.backend.snapshot()
        assert {file.folder_id for file in stored.files.values()} <= {None}
        outcomes.add((len(stored.files), len(stored.trash)))

    assert outcomes == {(1, 0), (0, 1)}
