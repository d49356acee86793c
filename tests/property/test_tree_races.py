"""Every interleaving of two changes of the tree of folders ends in a tree."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest

from larder.domain.errors import ConflictError, NotFoundError
from larder.services.space.update_folder import FolderChanges
from tests.backends.aws import aws_backend
from tests.property.interleavings import check_endings, deadline, every_interleaving
from tests.property.invariants import check_settling
from tests.property.space_samples import a_file, a_folder, a_trashed_file
from tests.samples import TENANT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from larder.domain.ids import FolderId
    from tests.property.interleavings import Begin
    from tests.property.operations import Operation
    from tests.property.space import Space


@pytest.fixture(autouse=True)
def _four_deep() -> Iterator[None]:
    with patch("larder.domain.folders.MAX_DEPTH", 4):
        yield


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
    check_endings(begin)


def test_a_folder_that_was_moved_out_in_time_survives_the_deletion_of_its_parent() -> None:
    outcomes = set()
    for ending in every_interleaving(_delete_tree_and_move_folder_out):
        _, move = ending.operations
        outcomes.add(survived := move.error is None)
        stored = ending.world.backend.snapshot()
        assert len(stored.files) == len(stored.folders) == survived, ending.order

    assert outcomes == {False, True}


# Of two changes that exclude each other, one is made.


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
        _move_into_each_other,
        _create_twice,
    ],
    ids=lambda begin: begin.__name__.strip("_"),
)
def test_every_interleaving_ends_right_on_aws_too(begin: Begin) -> None:
    check_endings(begin, lambda: aws_backend(due_shards=2))
