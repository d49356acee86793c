"""The queue of work that is too much for one request: messages arrive as they were sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.domain.ids import new_folder_id
from tests.fakes.cleanup_queue import InMemoryCleanupQueue
from tests.fakes.clock import START

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from tests.backends.backend import Backend


def asked(backend: Backend) -> InMemoryCleanupQueue:
    found = InMemoryCleanupQueue()
    backend.asked_to_clean(found)
    return found


def test_the_queue_is_empty_at_first(backend: Backend) -> None:
    found = asked(backend)

    assert (found.folders, found.trashes) == ([], [])


def test_a_message_is_delivered_once_with_its_project(
    backend: Backend, tenant: TenantId, other: TenantId
) -> None:
    folders = [new_folder_id(START) for _ in range(2)]
    backend.cleanups.clear_folder(tenant, folders[0])
    backend.cleanups.empty_trash(other, int(START))
    backend.cleanups.clear_folder(other, folders[1])

    first, second = asked(backend), asked(backend)

    assert set(first.folders) == {(tenant, folders[0]), (other, folders[1])}
    assert first.trashes == [(other, int(START))]
    assert (second.folders, second.trashes) == ([], [])


def test_a_message_sent_during_delivery_is_delivered_next(
    backend: Backend, tenant: TenantId
) -> None:
    backend.cleanups.empty_trash(tenant, int(START))
    backend.asked_to_clean(backend.cleanups)

    assert asked(backend).trashes == [(tenant, int(START))]
