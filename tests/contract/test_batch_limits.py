"""How many batches a project may run, and when the sweeper looks at them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from larder.domain.batches import (
    MAX_ENQUEUED,
    MAX_RUNNING,
    Batch,
    BatchLoad,
    BatchStatus,
)
from larder.domain.errors import BatchLimitError
from larder.domain.files import DAY
from tests.samples import a_batch
from tests.support.batches import (
    ENDED,
    LATER,
    NOW,
    RUNNING,
    begin,
    bring_to,
    ending,
    finalize,
    read,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder.domain.batches import Batch
    from larder.domain.files import File
    from larder.domain.ids import TenantId
    from tests.backends.backend import Backend


def test_a_project_has_a_limit_of_running_batches(
    backend: Backend, tenant: TenantId, other: TenantId, new_batch: Callable[..., Batch]
) -> None:
    running = [new_batch() for _ in range(MAX_RUNNING)]

    with pytest.raises(BatchLimitError, match=f"{MAX_RUNNING} of {MAX_RUNNING} batches"):
        new_batch()
    backend.batches.create(other, a_batch(), check_at=NOW)
    for batch, end in zip(running, ENDED, strict=False):
        bring_to(backend, tenant, batch, end)

    for _ in ENDED:
        new_batch()
    with pytest.raises(BatchLimitError):
        new_batch()


def test_a_refused_batch_is_not_there(
    backend: Backend, tenant: TenantId, source: File, new_batch: Callable[..., Batch]
) -> None:
    backend.batch_limits.set(tenant, batches=1, requests=MAX_ENQUEUED)
    running = new_batch(source.id)
    refused = a_batch(source.id)

    with pytest.raises(BatchLimitError):
        backend.batches.create(tenant, refused, check_at=NOW)

    assert backend.batches.get(tenant, refused.id) is None
    assert refused.id not in backend.due_batches(NOW + DAY)
    bring_to(backend, tenant, running, BatchStatus.COMPLETED)
    assert backend.files.get(tenant, source.id) == replace(source, expires_at=LATER + DAY)


def test_a_project_has_a_limit_of_requests_in_running_batches(
    backend: Backend, tenant: TenantId, new_batch: Callable[..., Batch]
) -> None:
    large, small = new_batch(), new_batch()
    begin(backend, tenant, large, MAX_ENQUEUED - 10)
    new_batch()
    begun = begin(backend, tenant, small, 10)

    with pytest.raises(BatchLimitError, match=f"{MAX_ENQUEUED} of {MAX_ENQUEUED} requests"):
        new_batch()
    chosen = finalize(backend, tenant, begun)
    assert backend.batches.end(tenant, chosen, ending())

    new_batch()


def test_requests_are_counted_once_however_often_a_batch_begins_or_ends(
    backend: Backend, tenant: TenantId, new_batch: Callable[..., Batch]
) -> None:
    backend.batch_limits.set(tenant, batches=2, requests=100)
    for _ in range(3):
        batch = new_batch()
        begun = begin(backend, tenant, batch, 99)
        assert not backend.batches.begin(tenant, batch, total=99, model=None, at=NOW)
        ended = new_batch()
        bring_to(backend, tenant, ended, BatchStatus.FAILED)
        chosen = finalize(backend, tenant, begun)
        assert backend.batches.end(tenant, chosen, ending())
        assert not backend.batches.end(tenant, chosen, ending())

    new_batch()
    new_batch()
    with pytest.raises(BatchLimitError, match="2 of 2 batches running, with 0 of 100 requests"):
        new_batch()


@pytest.mark.parametrize("limits", [(0, 100), (10, 0)])
def test_a_project_may_have_no_batches_at_all(
    backend: Backend, tenant: TenantId, new_batch: Callable[..., Batch], limits: tuple[int, int]
) -> None:
    backend.batch_limits.set(tenant, batches=limits[0], requests=limits[1])

    with pytest.raises(BatchLimitError):
        new_batch()


def test_a_limit_may_be_raised_and_lowered_while_batches_run(
    backend: Backend, tenant: TenantId, new_batch: Callable[..., Batch]
) -> None:
    new_batch()
    backend.batch_limits.set(tenant, batches=1, requests=100)
    with pytest.raises(BatchLimitError):
        new_batch()
    backend.batch_limits.set(tenant, batches=2, requests=100)
    new_batch()
    backend.batch_limits.set(tenant, batches=1, requests=100)

    with pytest.raises(BatchLimitError, match="2 of 1 batches"):
        new_batch()


def test_a_batch_of_a_validated_file_is_counted_with_its_requests(
    backend: Backend, tenant: TenantId
) -> None:
    backend.batch_limits.set(tenant, batches=None, requests=100)
    first, second, third = (a_batch(total=total) for total in (60, 40, 1))

    backend.batches.create(tenant, first, check_at=NOW)
    backend.batches.create(tenant, second, check_at=NOW)

    with pytest.raises(BatchLimitError, match="100 of 100 requests in them, and this batch has 1"):
        backend.batches.create(tenant, third, check_at=NOW)
    assert begin(backend, tenant, first, 60).total == 60
    assert backend.batch_limits.get(tenant) == BatchLoad(2, MAX_RUNNING, 100, 100)
    bring_to(backend, tenant, second, BatchStatus.FAILED)
    assert backend.batch_limits.get(tenant) == BatchLoad(1, MAX_RUNNING, 60, 100)


def test_a_batch_begins_when_there_is_room_for_its_requests(
    backend: Backend, tenant: TenantId, new_batch: Callable[..., Batch]
) -> None:
    """Created before its file was validated, it counted none."""
    backend.batch_limits.set(tenant, batches=None, requests=100)
    large, small, waiting = (new_batch() for _ in range(3))
    begun = begin(backend, tenant, large, 60)
    begin(backend, tenant, small, 30)

    for total in (11, 101):
        with pytest.raises(BatchLimitError) as full:
            backend.batches.begin(tenant, waiting, total=total, model=None, at=NOW)
        assert full.value.fits is (total <= 100)
    assert read(backend, tenant, waiting.id) == waiting
    assert backend.batches.end(tenant, finalize(backend, tenant, begun), ending())

    assert begin(backend, tenant, waiting, 70).total == 70
    assert backend.batch_limits.get(tenant).requests == 100


def test_limits_are_the_defaults_until_they_are_set(
    backend: Backend, tenant: TenantId, other: TenantId
) -> None:
    limits = backend.batch_limits
    assert limits.get(tenant) == BatchLoad(0, MAX_RUNNING, 0, MAX_ENQUEUED)

    limits.set(tenant, batches=3, requests=None)
    assert limits.get(tenant) == BatchLoad(0, 3, 0, MAX_ENQUEUED)
    limits.set(tenant, batches=None, requests=7)

    assert limits.get(tenant) == BatchLoad(0, 3, 0, 7)
    assert limits.get(other) == BatchLoad(0, MAX_RUNNING, 0, MAX_ENQUEUED)


@pytest.mark.parametrize("status", [*RUNNING, *ENDED])
def test_what_runs_is_counted_exactly(
    backend: Backend, tenant: TenantId, batch: Batch, status: BatchStatus
) -> None:
    found = bring_to(backend, tenant, batch, status)

    load = backend.batch_limits.get(tenant)

    runs = 0 if status.terminal else 1
    assert (load.batches, load.requests) == (runs, runs * found.total)


def test_a_batch_is_due_while_it_runs(backend: Backend, batch: Batch) -> None:
    assert backend.due_batches(NOW + 119) == set()
    assert backend.due_batches(NOW + 120) == {batch.id}


def test_the_next_look_is_moved_with_the_execution(
    backend: Backend, tenant: TenantId, batch: Batch
) -> None:
    assert backend.batches.reschedule(tenant, batch, execution=2, check_at=NOW + 500)
    assert not backend.batches.reschedule(tenant, batch, execution=3, check_at=NOW + 900)

    assert read(backend, tenant, batch.id).execution == 2
    assert backend.due_batches(NOW + 499) == set()
    assert backend.due_batches(NOW + 500) == {batch.id}


@pytest.mark.parametrize("status", RUNNING)
def test_whatever_runs_is_rescheduled(
    backend: Backend, tenant: TenantId, batch: Batch, status: BatchStatus
) -> None:
    found = bring_to(backend, tenant, batch, status)

    assert backend.batches.reschedule(tenant, found, execution=1, check_at=NOW + 500)

    assert read(backend, tenant, batch.id) == found
    assert backend.due_batches(NOW + 500) == {batch.id}


@pytest.mark.parametrize("status", ENDED)
def test_what_has_ended_is_never_due(
    backend: Backend, tenant: TenantId, batch: Batch, status: BatchStatus
) -> None:
    bring_to(backend, tenant, batch, status)

    assert backend.due_batches(NOW + 100 * DAY) == set()
