"""Kill a use case of the Space at any port call: after retries and one sweep all is right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from larder.domain.files import DAY, VALIDATION_GRACE
from larder.domain.folders import CLEARING_GRACE
from larder.domain.same_names import IfExists
from larder.domain.trash import TRASH_LIFE
from larder.services.space.update_file import FileChanges
from larder.services.space.update_folder import FolderChanges
from tests.property.operations import Interruption, Operation
from tests.property.recovery import cases, check_recovery
from tests.property.space_samples import a_file, a_folder, a_trashed_file
from tests.samples import TENANT

if TYPE_CHECKING:
    from larder.domain.ids import FolderId
    from tests.property.recovery import Begin, MakeWorld
    from tests.property.space import Space


def _a_tree(world: Space) -> FolderId:
    """Return a folder with a file, and a folder with three files in it."""
    top = a_folder(world)
    below = a_folder(world, "b", top)
    for folder in (top, below, below, below):
        a_file(world, folder)
    return top


def create_file_in_folder(world: Space) -> Operation:
    return world.create_file(TENANT, 10, "user_data", folder=a_folder(world))


def create_file_in_folder_that_is_gone(world: Space) -> Operation:
    folder = a_folder(world)
    world.finish(world.delete_folder(TENANT, folder))
    return world.create_file(TENANT, 10, "user_data", folder=folder)


def create_upload_into_folder(world: Space) -> Operation:
    return world.create_upload(TENANT, 10, "user_data", folder=a_folder(world))


def complete_upload_into_folder_that_is_gone(world: Space) -> Operation:
    folder = a_folder(world)
    world.finish(world.create_upload(TENANT, 10, "user_data", folder=folder))
    (upload,) = world.backend.snapshot().uploads.values()
    world.put(TENANT, upload)
    world.finish(world.delete_folder(TENANT, folder))
    return world.complete(TENANT, upload)


def create_file_in_place_of_another(world: Space) -> Operation:
    folder = a_folder(world)
    a_file(world, folder)
    return world.create_named(TENANT, IfExists.REPLACE, folder=folder)


def create_file_whose_name_is_taken(world: Space) -> Operation:
    a_file(world)
    return world.create_named(TENANT, IfExists.FAIL)


def receive_upload_in_place_of_another(world: Space) -> Operation:
    a_file(world)
    world.finish(world.create_upload(TENANT, 10, "user_data", if_exists=IfExists.REPLACE))
    (upload,) = world.backend.snapshot().uploads.values()
    world.put(TENANT, upload)
    return world.receive(world.validation_queue[0])


def update_file(world: Space) -> Operation:
    changes = FileChanges(name="b", folder=a_folder(world), add_tags=("a",), favorite=True)
    return world.update(TENANT, a_file(world), changes)


def trash_file(world: Space) -> Operation:
    return world.trash(TENANT, a_file(world))


def trash_file_whose_bytes_have_not_been_received(world: Space) -> Operation:
    return world.trash(TENANT, a_file(world, settled=False))


def trash_file_that_lost_its_bytes(world: Space) -> Operation:
    creation = world.create_file(TENANT, 10, "user_data")
    world.step(creation, Interruption.CRASH_AFTER)
    ((_, file_id),) = world.backend.snapshot().files
    return world.trash(TENANT, file_id)


def restore_file(world: Space) -> Operation:
    return world.restore(TENANT, a_trashed_file(world, a_folder(world)))


def restore_file_whose_folder_is_gone(world: Space) -> Operation:
    folder = a_folder(world)
    file_id = a_trashed_file(world, folder)
    world.finish(world.delete_folder(TENANT, folder))
    return world.restore(TENANT, file_id)


def restore_file_whose_bytes_came_while_it_was_in_the_trash(world: Space) -> Operation:
    file_id = a_file(world, settled=False)
    world.finish(world.trash(TENANT, file_id))
    world.drain()
    return world.restore(TENANT, file_id)


def sweep_restored_file_that_was_not_announced(world: Space) -> Operation:
    world.step(
        restoring := restore_file_whose_bytes_came_while_it_was_in_the_trash(world),
    )
    world.step(restoring, Interruption.CRASH_AFTER)
    world.clock.advance(VALIDATION_GRACE)
    return world.sweep()


def purge_file(world: Space) -> Operation:
    return world.purge(TENANT, a_trashed_file(world))


def clear_purged_file(world: Space) -> Operation:
    world.finish(world.purge(TENANT, a_trashed_file(world)))
    return world.clear(world.removals[0])


def clear_trashed_file(world: Space) -> Operation:
    world.finish(world.trash(TENANT, a_file(world)))
    return world.clear(world.removals[0])


def clear_restored_file(world: Space) -> Operation:
    world.finish(world.restore(TENANT, a_trashed_file(world)))
    return world.clear(world.removals[0])


def clear_trashed_file_that_ttl_removed(world: Space) -> Operation:
    a_trashed_file(world)
    world.clock.advance(TRASH_LIFE + DAY)
    world.collect_ttl()
    return world.clear(world.removals[0])


def empty_trash(world: Space) -> Operation:
    for _ in range(3):
        a_trashed_file(world)
    return world.empty_trash(TENANT)


def empty_trash_later(world: Space) -> Operation:
    for _ in range(3):
        a_trashed_file(world)
    return world.empty_trash(TENANT, patience=1)


def clean_trash(world: Space) -> Operation:
    world.finish(empty_trash_later(world))
    return world.clean(world.cleanups[0])


def sweep_trash(world: Space) -> Operation:
    for _ in range(2):
        a_trashed_file(world)
    world.clock.advance(TRASH_LIFE)
    return world.sweep()


def reclaim_trash(world: Space) -> Operation:
    a_trashed_file(world)
    world.clock.advance(TRASH_LIFE)
    return world.read_usage(TENANT)


def create_folder(world: Space) -> Operation:
    return world.create_folder(TENANT, "b", a_folder(world))


def update_folder(world: Space) -> Operation:
    folder, parent = a_folder(world), a_folder(world, "b")
    return world.update_folder(TENANT, folder, FolderChanges(parent=parent, name="c"))


def delete_empty_folder(world: Space) -> Operation:
    return world.delete_folder(TENANT, a_folder(world))


def delete_tree(world: Space) -> Operation:
    return world.delete_folder(TENANT, _a_tree(world), recursive=True)


def delete_tree_later(world: Space) -> Operation:
    return world.delete_folder(TENANT, _a_tree(world), recursive=True, patience=1)


def clean_tree(world: Space) -> Operation:
    world.finish(delete_tree_later(world))
    return world.clean(world.cleanups[0])


def clean_tree_later(world: Space) -> Operation:
    world.finish(delete_tree_later(world))
    return world.clean(world.cleanups[0], patience=2)


def _a_trashed_tree(world: Space) -> FolderId:
    tree = _a_tree(world)
    world.drain()
    world.finish(world.delete_folder(TENANT, tree, recursive=True))
    world.drain()
    return tree


def restore_tree(world: Space) -> Operation:
    return world.restore_folder(TENANT, _a_trashed_tree(world))


def clean_restored_tree(world: Space) -> Operation:
    world.finish(world.restore_folder(TENANT, _a_trashed_tree(world), patience=1))
    return world.clean(world.cleanups[0])


def purge_tree(world: Space) -> Operation:
    return world.purge_folder(TENANT, _a_trashed_tree(world))


def restore_file_of_a_trashed_tree(world: Space) -> Operation:
    _a_trashed_tree(world)
    (_, file_id), *_ = world.backend.snapshot().trash
    return world.restore(TENANT, file_id)


def sweep_old_tree(world: Space) -> Operation:
    _a_trashed_tree(world)
    world.clock.advance(TRASH_LIFE)
    return world.sweep()


def sweep_tree_whose_cleanup_was_lost(world: Space) -> Operation:
    world.finish(delete_tree_later(world))
    world.cleanups.clear()
    world.clock.advance(CLEARING_GRACE)
    return world.sweep()


SCENARIOS: tuple[Begin, ...] = (
    create_file_in_folder,
    create_file_in_folder_that_is_gone,
    create_upload_into_folder,
    complete_upload_into_folder_that_is_gone,
    create_file_in_place_of_another,
    create_file_whose_name_is_taken,
    receive_upload_in_place_of_another,
    update_file,
    trash_file,
    trash_file_whose_bytes_have_not_been_received,
    trash_file_that_lost_its_bytes,
    restore_file,
    restore_file_whose_folder_is_gone,
    restore_file_whose_bytes_came_while_it_was_in_the_trash,
    sweep_restored_file_that_was_not_announced,
    purge_file,
    clear_purged_file,
    clear_trashed_file,
    clear_restored_file,
    clear_trashed_file_that_ttl_removed,
    empty_trash,
    empty_trash_later,
    clean_trash,
    sweep_trash,
    reclaim_trash,
    create_folder,
    update_folder,
    delete_empty_folder,
    delete_tree,
    delete_tree_later,
    clean_tree,
    clean_tree_later,
    sweep_tree_whose_cleanup_was_lost,
    restore_tree,
    clean_restored_tree,
    purge_tree,
    restore_file_of_a_trashed_tree,
    sweep_old_tree,
)


@pytest.mark.parametrize(("make_world", "begin", "number", "interruption"), cases(SCENARIOS))
def test_after_the_queues_retries_and_one_sweep_all_is_right(
    make_world: MakeWorld, begin: Begin, number: int, interruption: Interruption
) -> None:
    check_recovery(make_world, begin, number, interruption)
