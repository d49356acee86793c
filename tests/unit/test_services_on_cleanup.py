"""Going on with what was too much for one request."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from larder.services.space.ports import FolderCleanup, TrashCleanup
from larder.services.upkeep.cleanup import run_cleanup
from tests.fakes.clock import START
from tests.samples import TENANT, close_folder
from tests.unit.use_cases import forever, make_folder, store, times, trash

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from tests.backends.memory import MemoryBackend

pytestmark = pytest.mark.usefixtures("tenant")

NOW = int(START)


def test_a_folder_is_emptied_and_removed_and_not_asked_for_again(ports: MemoryBackend) -> None:
    folder = make_folder(ports, "a").id
    file = store(ports, folder=folder)
    close_folder(ports, TENANT, folder, NOW + 900)

    ports.make(run_cleanup)(TENANT, FolderCleanup(folder), keep_going=forever)

    assert set(ports.snapshot().trash) == {(TENANT, file.id)}
    assert ports.snapshot().folders == {}
    assert ports.cleanups.queued == []


def test_a_folder_that_there_is_no_time_for_is_asked_for_again(ports: MemoryBackend) -> None:
    folder = make_folder(ports, "a").id
    store(ports, folder=folder)
    close_folder(ports, TENANT, folder, NOW + 900)

    ports.make(run_cleanup)(TENANT, FolderCleanup(folder), keep_going=times(0))

    assert ports.cleanups.queued == [(TENANT, FolderCleanup(folder))]


def test_a_folder_that_nobody_deletes_is_left_alone(ports: MemoryBackend) -> None:
    folder = make_folder(ports, "a").id
    store(ports, folder=folder)
    before = ports.snapshot()

    ports.make(run_cleanup)(TENANT, FolderCleanup(folder), keep_going=forever)

    assert ports.snapshot() == before


def test_the_trash_is_emptied_and_not_asked_for_again(ports: MemoryBackend) -> None:
    trash(ports, store(ports).id)

    ports.make(run_cleanup)(TENANT, TrashCleanup(NOW), keep_going=forever)

    assert ports.snapshot().trash == {}
    assert ports.cleanups.queued == []


def test_the_rest_of_the_trash_is_asked_for_again_as_of_the_same_time(
    ports: MemoryBackend,
) -> None:
    trash(ports, store(ports).id)
    ports.clock.advance(60)

    ports.make(run_cleanup)(TENANT, TrashCleanup(NOW), keep_going=times(0))

    assert ports.cleanups.queued == [(TENANT, TrashCleanup(NOW))]


def test_one_project_s_message_leaves_another_s_alone(
    ports: MemoryBackend, other: TenantId
) -> None:
    folder = make_folder(ports, "a", tenant=other).id
    file = store(ports, folder=folder, tenant=other)
    trash(ports, store(ports, tenant=other).id, tenant=other)
    before = ports.snapshot()

    ports.make(run_cleanup)(TENANT, FolderCleanup(folder), keep_going=forever)
    ports.make(run_cleanup)(TENANT, TrashCleanup(NOW), keep_going=forever)

    assert ports.snapshot() == before
    assert ports.files.get(other, file.id) == file


def test_a_folder_of_a_full_project_is_left_to_the_sweeper(ports: MemoryBackend) -> None:
    folder = make_folder(ports, "a").id
    file = store(ports, folder=folder)
    close_folder(ports, TENANT, folder, NOW + 900)
    ports.fill_partition(TENANT)

    ports.make(run_cleanup)(TENANT, FolderCleanup(folder), keep_going=forever)

    assert ports.cleanups.queued == []
    assert ports.files.get(TENANT, file.id) == file
    assert ports.folders.get(TENANT, folder) is not None
