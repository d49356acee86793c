"""Every interleaving of new files of one name, and of what else happens to the files they meet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from larder.domain.errors import ConflictError
from larder.domain.same_names import IfExists
from larder.services.space.update_file import FileChanges
from tests.backends.aws import aws_backend
from tests.property.interleavings import check_endings, every_interleaving
from tests.property.space_samples import a_file, a_folder, a_trashed_file
from tests.samples import TENANT

if TYPE_CHECKING:
    from tests.property.interleavings import Begin
    from tests.property.operations import Operation
    from tests.property.space import Space


def _twice(if_exists: IfExists, *, taken: bool) -> Begin:
    def begin(world: Space) -> list[Operation]:
        if taken:
            a_file(world)
        return [world.create_named(TENANT, if_exists), world.create_named(TENANT, if_exists)]

    return begin


def _replace_and_trash(world: Space) -> list[Operation]:
    file_id = a_file(world)
    return [world.create_named(TENANT, IfExists.REPLACE), world.trash(TENANT, file_id)]


def _replace_and_rename(world: Space) -> list[Operation]:
    changes = FileChanges(name="other.txt")
    file_id = a_file(world)
    return [world.create_named(TENANT, IfExists.REPLACE), world.update(TENANT, file_id, changes)]


def _replace_and_delete(world: Space) -> list[Operation]:
    file_id = a_file(world)
    return [world.create_named(TENANT, IfExists.REPLACE), world.delete(TENANT, file_id)]


def _replace_and_restore(world: Space) -> list[Operation]:
    file_id = a_trashed_file(world)
    return [world.create_named(TENANT, IfExists.REPLACE), world.restore(TENANT, file_id)]


def _replace_and_receive_what_is_replaced(world: Space) -> list[Operation]:
    a_file(world, settled=False)
    return [
        world.create_named(TENANT, IfExists.REPLACE),
        world.receive(world.validation_queue[0]),
    ]


def _replace_in_a_folder_that_is_deleted(world: Space) -> list[Operation]:
    folder = a_folder(world)
    a_file(world, folder)
    return [
        world.create_named(TENANT, IfExists.REPLACE, folder=folder),
        world.delete_folder(TENANT, folder, recursive=True),
    ]


def _complete_and_receive(if_exists: IfExists) -> Begin:
    def begin(world: Space) -> list[Operation]:
        a_file(world)
        world.finish(world.create_upload(TENANT, 10, "user_data", if_exists=if_exists))
        (upload,) = world.backend.snapshot().uploads.values()
        world.put(TENANT, upload)
        return [world.complete(TENANT, upload), world.receive(world.validation_queue[0])]

    return begin


def _complete_late_and_sweep(if_exists: IfExists) -> Begin:
    def begin(world: Space) -> list[Operation]:
        a_file(world)
        world.finish(world.create_upload(TENANT, 10, "user_data", if_exists=if_exists))
        (upload,) = world.backend.snapshot().uploads.values()
        world.put(TENANT, upload)
        world.clock.now = upload.closes_at
        return [world.complete(TENANT, upload), world.sweep()]

    return begin


BEGINNINGS = {
    "replace twice": _twice(IfExists.REPLACE, taken=True),
    "rename twice": _twice(IfExists.RENAME, taken=True),
    "fail twice": _twice(IfExists.FAIL, taken=False),
    "replace and trash": _replace_and_trash,
    "replace and rename": _replace_and_rename,
    "replace and delete": _replace_and_delete,
    "replace and restore": _replace_and_restore,
    "replace and receive": _replace_and_receive_what_is_replaced,
    "replace in a deleted folder": _replace_in_a_folder_that_is_deleted,
    **{f"complete and receive, {each}": _complete_and_receive(each) for each in IfExists},
    **{f"complete late and sweep, {each}": _complete_late_and_sweep(each) for each in IfExists},
}


@pytest.mark.parametrize("begin", BEGINNINGS.values(), ids=BEGINNINGS)
def test_every_interleaving_ends_right(begin: Begin) -> None:
    check_endings(begin)


def test_of_two_that_replace_one_is_live_and_the_other_in_the_trash() -> None:
    for ending in every_interleaving(_twice(IfExists.REPLACE, taken=True)):
        stored = ending.world.backend.snapshot()
        assert [op.error for op in ending.operations] == [None, None], ending.order
        assert (len(stored.files), len(stored.trash)) == (1, 2), ending.order
        assert stored.usage[TENANT].used.files == 3


def test_of_two_that_replace_nothing_one_is_live_and_the_other_in_the_trash() -> None:
    for ending in every_interleaving(_twice(IfExists.REPLACE, taken=False)):
        stored = ending.world.backend.snapshot()
        assert (len(stored.files), len(stored.trash)) == (1, 1), ending.order


def test_of_two_that_fail_when_the_name_is_taken_one_does() -> None:
    for ending in every_interleaving(_twice(IfExists.FAIL, taken=False)):
        refused = [op for op in ending.operations if isinstance(op.error, ConflictError)]
        stored = ending.world.backend.snapshot()
        assert (len(refused), len(stored.files)) == (1, 1), ending.order
        assert stored.usage[TENANT].used.files == 1
        assert stored.usage[TENANT].reserved.files == 0


def test_two_that_are_renamed_get_names_of_their_own() -> None:
    for ending in every_interleaving(_twice(IfExists.RENAME, taken=True)):
        stored = ending.world.backend.snapshot()
        names = sorted(file.filename for file in stored.files.values())
        assert names == ["notes (2).txt", "notes (3).txt", "notes.txt"], ending.order


def test_two_that_replace_exclude_each_other_on_aws_too() -> None:
    begin = _twice(IfExists.REPLACE, taken=False)
    for ending in every_interleaving(begin, lambda: aws_backend(due_shards=2)):
        stored = ending.world.backend.snapshot()
        assert (len(stored.files), len(stored.trash)) == (1, 1), ending.order
