"""Every interleaving of what people do in the Space, call by call, ends in a right state.

With whom they race: each other, programs, workers, and the moment at which a deadline passes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest

from larder.domain.errors import ConflictError, NotFoundError
from larder.domain.files import DAY, File
from larder.domain.folders import Folder
from larder.services.folders_update import FolderChanges
from larder.services.storage_update import FileChanges
from tests.backends.aws import aws_backend
from tests.property.interleavings import deadline, every_interleaving
from tests.property.invariants import check_settling
from tests.property.operations import Operation, gated
from tests.samples import TENANT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from larder.domain.ids import FileId, FolderId
    from larder.domain.trash import TrashedFile
    from tests.property.interleavings import Begin
    from tests.property.space import Space


@pytest.fixture(autouse=True)
def _little_fits() -> Iterator[None]:
    """Let two files fill a transaction, and four folders a way down."""
    with (
        patch("larder.services.folders_delete.AT_ONCE", 2),
        patch("larder.services.trash_purge.AT_ONCE", 2),
        patch("larder.domain.folders.DEEPEST", 4),
    ):
        yield


def a_folder(world: Space, name: str = "a", parent: FolderId | None = None) -> FolderId:
    folder = world.finish(world.create_folder(TENANT, name, parent)).result
    assert isinstance(folder, Folder)
    return folder.id


def a_file(
    world: Space,
    folder: FolderId | None = None,
    *,
    settled: bool = True,
    expires_after: int | None = None,
) -> FileId:
    file = world.finish(
        world.create_file(TENANT, 10, "user_data", expires_after, folder=folder)
    ).result
    assert isinstance(file, File)
    if settled:
        world.drain()
    return file.id


def a_trashed_file(world: Space, folder: FolderId | None = None, *, settled: bool = True) -> FileId:
    file_id = a_file(world, folder, settled=settled)
    world.finish(world.trash(TENANT, file_id))
    if settled:
        world.drain()
    return file_id


def _live(world: Space, file_id: FileId) -> File | None:
    return world.backend.snapshot().files.get((TENANT, file_id))


def _trashed(world: Space, file_id: FileId) -> TrashedFile | None:
    return world.backend.snapshot().trash.get((TENANT, file_id))


def _named(name: str) -> FileChanges:
    return FileChanges(name=name)


def ttl(world: Space) -> Operation:
    """Let DynamoDB remove at some time what is a day past its expiry."""
    return Operation("ttl", lambda: gated(world, "dynamodb").collect_ttl())


# A file and the trash.


def _trash_and_receive(world: Space) -> list[Operation]:
    file_id = a_file(world, settled=False)
    return [world.trash(TENANT, file_id), world.receive(world.arrivals[0])]


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
        world.receive(world.arrivals[0]),
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
        world.receive(world.arrivals[0]),
        world.trash(TENANT, file_id),
    ]


def _restore_and_purge(world: Space) -> list[Operation]:
    file_id = a_trashed_file(world)
    return [world.restore(TENANT, file_id), world.purge(TENANT, file_id)]


def _restore_and_receive(world: Space) -> list[Operation]:
    file_id = a_trashed_file(world, settled=False)
    return [world.restore(TENANT, file_id), world.receive(world.arrivals[0])]


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


# A file and its folder.


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
        world.update(TENANT, file_id, _named("b")),
    ]


def _delete_folder_and_receive(world: Space) -> list[Operation]:
    folder = a_folder(world)
    a_file(world, folder, settled=False)
    return [
        world.delete_folder(TENANT, folder, recursive=True),
        world.receive(world.arrivals[0]),
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
        world.receive(world.arrivals[0]),
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


# The tree of folders.


def a_tree_to_delete(world: Space) -> tuple[FolderId, FolderId]:
    """Return a folder and one in it, with a file in each."""
    top = a_folder(world)
    below = a_folder(world, parent=top)
    a_file(world, top)
    a_file(world, below)
    return top, below


def _delete_tree_twice(world: Space) -> list[Operation]:
    top = a_folder(world)
    below = a_folder(world, parent=top)
    a_file(world, below)
    return [
        world.delete_folder(TENANT, top, recursive=True),
        world.delete_folder(TENANT, below, recursive=True),
    ]


def _delete_tree_and_move_folder_in(world: Space) -> list[Operation]:
    _, below = a_tree_to_delete(world)
    other = a_folder(world, "other")
    a_file(world, other)
    return [
        world.delete_folder(TENANT, below, recursive=True),
        world.update_folder(TENANT, other, FolderChanges(parent=below)),
    ]


def _delete_tree_and_move_folder_out(world: Space) -> list[Operation]:
    top, below = a_tree_to_delete(world)
    return [
        world.delete_folder(TENANT, top, recursive=True),
        world.update_folder(TENANT, below, FolderChanges(parent="root", name="out")),
    ]


def _delete_tree_and_create_folder(world: Space) -> list[Operation]:
    top, below = a_tree_to_delete(world)
    return [
        world.delete_folder(TENANT, top, recursive=True),
        world.create_folder(TENANT, "new", below),
    ]


def _delete_tree_and_rename_folder(world: Space) -> list[Operation]:
    top, below = a_tree_to_delete(world)
    return [
        world.delete_folder(TENANT, top, recursive=True),
        world.update_folder(TENANT, below, FolderChanges(name="new")),
    ]


def _clean_twice(world: Space) -> list[Operation]:
    folder = a_folder(world)
    a_file(world, folder)
    world.finish(world.delete_folder(TENANT, folder, recursive=True, patience=0))
    (message,) = world.cleanups
    return [world.clean(message, patience=2), world.clean(message)]


def _clean_and_sweep(world: Space) -> list[Operation]:
    folder = a_folder(world)
    a_file(world, folder)
    world.finish(world.delete_folder(TENANT, folder, recursive=True, patience=0))
    (message,) = world.cleanups
    return [world.clean(message), world.sweep(), deadline(world, 15 * 60)]


def _clean_and_restore(world: Space) -> list[Operation]:
    top, below = a_tree_to_delete(world)
    file_id = a_trashed_file(world, below)
    world.finish(world.delete_folder(TENANT, top, recursive=True, patience=1))
    (message,) = world.cleanups
    return [world.clean(message), world.restore(TENANT, file_id)]


def _delete_empty_folder_and_delete_tree(world: Space) -> list[Operation]:
    top, below = a_folder(world), None
    below = a_folder(world, parent=top)
    return [
        world.delete_folder(TENANT, below),
        world.delete_folder(TENANT, top, recursive=True),
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
        _delete_tree_twice,
        _delete_tree_and_move_folder_in,
        _delete_tree_and_move_folder_out,
        _delete_tree_and_create_folder,
        _delete_tree_and_rename_folder,
        _clean_twice,
        _clean_and_sweep,
        _clean_and_restore,
        _delete_empty_folder_and_delete_tree,
    ],
    ids=lambda begin: begin.__name__.strip("_"),
)
def test_every_interleaving_ends_right(begin: Begin) -> None:
    for ending in every_interleaving(begin):
        try:
            check_settling(ending.world)
        except AssertionError as error:
            error.add_note(f"in the order {ending.order}")
            raise


# Of two changes of the tree that exclude each other, one is made.


def _move_into_each_other(world: Space) -> list[Operation]:
    one, other = a_folder(world, "one"), a_folder(world, "other")
    return [
        world.update_folder(TENANT, one, FolderChanges(parent=other)),
        world.update_folder(TENANT, other, FolderChanges(parent=one)),
    ]


def _move_into_each_others_children(world: Space) -> list[Operation]:
    one, other = a_folder(world, "one"), a_folder(world, "other")
    return [
        world.update_folder(TENANT, one, FolderChanges(parent=a_folder(world, "a", other))),
        world.update_folder(TENANT, other, FolderChanges(parent=a_folder(world, "b", one))),
    ]


def _create_twice(world: Space) -> list[Operation]:
    return [
        world.create_folder(TENANT, "\u00e9"),
        world.create_folder(TENANT, "E\u0301"),
    ]


def _rename_and_create(world: Space) -> list[Operation]:
    return [
        world.update_folder(TENANT, a_folder(world), FolderChanges(name="new")),
        world.create_folder(TENANT, "New"),
    ]


def _rename_alike(world: Space) -> list[Operation]:
    one, other = a_folder(world, "one"), a_folder(world, "other")
    return [
        world.update_folder(TENANT, one, FolderChanges(name="new")),
        world.update_folder(TENANT, other, FolderChanges(name="NEW")),
    ]


def _move_beside_a_new_one(world: Space) -> list[Operation]:
    top = a_folder(world)
    moved = a_folder(world, "b")
    return [
        world.update_folder(TENANT, moved, FolderChanges(parent=top)),
        world.create_folder(TENANT, "B", top),
    ]


def _move_down_and_create_below(world: Space) -> list[Operation]:
    top = a_folder(world)
    third = a_folder(world, parent=a_folder(world, parent=top))
    other = a_folder(world, "other")
    return [
        world.update_folder(TENANT, other, FolderChanges(parent=third)),
        world.create_folder(TENANT, "new", other),
    ]


def _move_down_at_both_ends(world: Space) -> list[Operation]:
    one, other, third = a_folder(world, "1"), a_folder(world, "2"), a_folder(world, "3")
    a_folder(world, "5", a_folder(world, "4", third))
    return [
        world.update_folder(TENANT, one, FolderChanges(parent=other)),
        world.update_folder(TENANT, third, FolderChanges(parent=one)),
    ]


def _create_in_a_folder_that_is_deleted(world: Space) -> list[Operation]:
    folder = a_folder(world)
    return [world.create_folder(TENANT, "new", folder), world.delete_folder(TENANT, folder)]


def _move_into_a_folder_that_is_deleted(world: Space) -> list[Operation]:
    folder, other = a_folder(world), a_folder(world, "other")
    return [
        world.update_folder(TENANT, other, FolderChanges(parent=folder)),
        world.delete_folder(TENANT, folder),
    ]


def _rename_a_folder_that_is_deleted(world: Space) -> list[Operation]:
    folder = a_folder(world)
    world.finish(world.delete_folder(TENANT, folder, recursive=True, patience=0))
    return [
        world.update_folder(TENANT, folder, FolderChanges(name="new")),
        world.clean(world.cleanups[0]),
    ]


def _delete_twice(world: Space) -> list[Operation]:
    folder = a_folder(world)
    return [world.delete_folder(TENANT, folder), world.delete_folder(TENANT, folder)]


@pytest.mark.parametrize(
    "begin",
    [
        _move_into_each_other,
        _move_into_each_others_children,
        _create_twice,
        _rename_and_create,
        _rename_alike,
        _move_beside_a_new_one,
        _move_down_and_create_below,
        _move_down_at_both_ends,
        _create_in_a_folder_that_is_deleted,
        _move_into_a_folder_that_is_deleted,
        _rename_a_folder_that_is_deleted,
        _delete_twice,
    ],
    ids=lambda begin: begin.__name__.strip("_"),
)
def test_of_two_changes_that_exclude_each_other_exactly_one_is_made(begin: Begin) -> None:
    for ending in every_interleaving(begin):
        refused = [op for op in ending.operations if op.error is not None]
        assert len(refused) == 1, ending.order
        assert isinstance(refused[0].error, ConflictError | NotFoundError)
        check_settling(ending.world)


@pytest.mark.parametrize(
    "begin",
    [
        _trash_and_update,
        _purge_twice,
        _delete_empty_folder_and_move_file_in,
        _move_into_each_other,
        _create_twice,
    ],
    ids=lambda begin: begin.__name__.strip("_"),
)
def test_every_interleaving_ends_right_on_aws_too(begin: Begin) -> None:
    for ending in every_interleaving(begin, lambda: aws_backend(due_shards=2)):
        check_settling(ending.world)


def test_a_folder_that_was_moved_out_in_time_survives_the_deletion_of_its_parent() -> None:
    outcomes = set()
    for ending in every_interleaving(_delete_tree_and_move_folder_out):
        _, move = ending.operations
        outcomes.add(survived := move.error is None)
        stored = ending.world.backend.snapshot()
        assert len(stored.files) == len(stored.folders) == survived, ending.order

    assert outcomes == {False, True}


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
        assert {file.folder_id for file in stored.files.values()} <= {None}
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
