"""What a batch leaves at its end: files that are counted once, and an input that expires."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from larder.domain.batches import (
    Batch,
    BatchStatus,
)
from larder.domain.files import DAY, FileStatus, Purpose
from larder.domain.quota import Amount
from larder.services.files.ports import Settlement
from larder.services.upkeep.ports import DueFile
from tests.samples import a_file, a_file_id, to_trash
from tests.support.batches import (
    CHOSEN,
    ENDED,
    ERROR,
    LATER,
    NOW,
    PROGRESS,
    begin,
    bring_to,
    ending,
    finalize,
    output,
    read,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder.domain.batches import Batch
    from larder.domain.files import File
    from larder.domain.ids import TenantId
    from tests.backends.backend import Backend


def test_the_end_records_the_files_and_counts_them(
    backend: Backend, tenant: TenantId, batch: Batch
) -> None:
    before = finalize(backend, tenant, begin(backend, tenant, batch))
    good, bad = output(CHOSEN.output, 100), output(CHOSEN.error, 30)
    backend.batches.add_progress(tenant, batch.id, PROGRESS)

    assert backend.batches.end(tenant, before, ending(output_file=good, error_file=bad))

    assert read(backend, tenant, batch.id) == replace(
        before,
        status=BatchStatus.COMPLETED,
        progress=PROGRESS,
        output_file_id=good.id,
        error_file_id=bad.id,
        ended_at=LATER,
    )
    assert backend.files.get(tenant, good.id) == good
    assert backend.files.get(tenant, bad.id) == bad
    assert used(backend, tenant) == Amount(files=2, bytes=130)
    assert backend.outputs_to_come() == set()


def used(backend: Backend, tenant: TenantId) -> Amount:
    usage = backend.usage.get(tenant)
    assert usage is not None
    return usage.used


@pytest.mark.parametrize("which", ["output_file", "error_file"])
def test_a_batch_may_leave_one_file(
    backend: Backend, tenant: TenantId, batch: Batch, which: str
) -> None:
    before = finalize(backend, tenant, begin(backend, tenant, batch))
    file = output(CHOSEN.output if which == "output_file" else CHOSEN.error)
    left = ending(output_file=file) if which == "output_file" else ending(error_file=file)

    assert backend.batches.end(tenant, before, left)

    found = read(backend, tenant, batch.id)
    assert {found.output_file_id, found.error_file_id} == {None, file.id}
    assert used(backend, tenant) == Amount(files=1, bytes=100)
    assert backend.outputs_to_come() == set()


def test_the_files_are_in_the_lists_and_expire(
    backend: Backend, tenant: TenantId, batch: Batch
) -> None:
    before = finalize(backend, tenant, begin(backend, tenant, batch))
    file = output(CHOSEN.output)

    backend.batches.end(tenant, before, ending(output_file=file))

    assert DueFile(tenant, file.id) in set(backend.deadlines.due(LATER + DAY))
    assert DueFile(tenant, file.id) not in set(backend.deadlines.due(LATER + DAY - 1))
    assert backend.files.release(tenant, file)
    assert used(backend, tenant) == Amount(files=0, bytes=0)


def test_the_end_counts_once(backend: Backend, tenant: TenantId, batch: Batch) -> None:
    before = finalize(backend, tenant, begin(backend, tenant, batch))
    good = ending(output_file=output(CHOSEN.output))
    assert backend.batches.end(tenant, before, good)
    everything = backend.snapshot()

    assert not backend.batches.end(tenant, before, good)

    assert backend.snapshot() == everything


def test_outputs_are_admitted_above_the_quota(
    backend: Backend, tenant: TenantId, batch: Batch
) -> None:
    before = finalize(backend, tenant, begin(backend, tenant, batch))

    assert backend.batches.end(tenant, before, ending(output_file=output(CHOSEN.output, 1_500)))

    usage = backend.usage.get(tenant)
    assert usage is not None
    assert usage.left == Amount(files=9, bytes=-500)


def test_a_cancel_before_the_end_is_seen(backend: Backend, tenant: TenantId, batch: Batch) -> None:
    before = finalize(backend, tenant, begin(backend, tenant, batch))
    backend.batches.cancel(tenant, batch, at=LATER)

    assert not backend.batches.end(tenant, before, ending(output_file=output(CHOSEN.output)))

    assert backend.files.get(tenant, CHOSEN.output) is None
    assert used(backend, tenant) == Amount(files=0, bytes=0)
    assert backend.outputs_to_come() == {CHOSEN.output, CHOSEN.error}


def test_a_batch_that_was_never_planned_ends_without_files(
    backend: Backend, tenant: TenantId, batch: Batch
) -> None:
    before = finalize(backend, tenant, batch)

    assert backend.batches.end(tenant, before, replace(ending(BatchStatus.EXPIRED), total=0))

    found = read(backend, tenant, batch.id)
    assert (found.status, found.total, found.output_file_id) == (BatchStatus.EXPIRED, 0, None)


@pytest.mark.parametrize("status", ENDED)
def test_the_input_expires_a_day_after_its_last_batch(
    backend: Backend,
    tenant: TenantId,
    source: File,
    new_batch: Callable[..., Batch],
    status: BatchStatus,
) -> None:
    bring_to(backend, tenant, new_batch(source.id), status)

    assert backend.files.get(tenant, source.id) == replace(source, expires_at=LATER + DAY)
    expired = DueFile(tenant, source.id)
    assert expired not in set(backend.deadlines.due(LATER + DAY - 1))
    assert expired in set(backend.deadlines.due(LATER + DAY))
    assert list(backend.deadlines.expired(tenant, LATER + DAY)) == [expired]
    backend.clock.advance(60 + 2 * DAY)
    backend.collect_ttl()
    assert backend.files.get(tenant, source.id) is None


def test_an_input_that_did_not_expire_does(
    backend: Backend, tenant: TenantId, new_batch: Callable[..., Batch]
) -> None:
    file = a_file(purpose=Purpose.BATCH)
    backend.files.admit(tenant, file)
    backend.files.settle(tenant, file, Settlement(FileStatus.PROCESSED))

    bring_to(backend, tenant, new_batch(file.id), BatchStatus.COMPLETED)

    found = backend.files.get(tenant, file.id)
    assert found is not None
    assert found.expires_at == LATER + DAY
    assert DueFile(tenant, file.id) in set(backend.deadlines.due(LATER + DAY))


def test_an_input_that_expires_sooner_stays_as_it_is(
    backend: Backend, tenant: TenantId, new_batch: Callable[..., Batch]
) -> None:
    file = a_file(purpose=Purpose.BATCH, expires_at=LATER + DAY)
    backend.files.admit(tenant, file)

    bring_to(backend, tenant, new_batch(file.id), BatchStatus.COMPLETED)

    assert backend.files.get(tenant, file.id) == file


def test_an_input_that_is_still_being_validated_stays_due_for_that(
    backend: Backend, tenant: TenantId, new_batch: Callable[..., Batch]
) -> None:
    file = a_file(purpose=Purpose.BATCH)
    backend.files.admit(tenant, file)
    due = DueFile(tenant, file.id)
    at = next(at for at in range(NOW, NOW + DAY, 60) if due in set(backend.deadlines.due(at)))
    batch = new_batch(file.id)
    backend.batches.cancel(tenant, batch, at=NOW)

    cancelled = finalize(backend, tenant, read(backend, tenant, batch.id))
    assert backend.batches.end(tenant, cancelled, ending(BatchStatus.CANCELLED))

    assert backend.files.get(tenant, file.id) == replace(file, expires_at=LATER + DAY)
    assert due in set(backend.deadlines.due(at))


@pytest.mark.parametrize("first", [BatchStatus.COMPLETED, BatchStatus.FAILED])
def test_the_input_of_another_batch_stays(
    backend: Backend,
    tenant: TenantId,
    source: File,
    new_batch: Callable[..., Batch],
    first: BatchStatus,
) -> None:
    one, two = new_batch(source.id), new_batch(source.id)

    bring_to(backend, tenant, one, first)
    assert backend.files.get(tenant, source.id) == source

    assert backend.batches.fail(tenant, two, [ERROR], at=LATER + 9)
    assert backend.files.get(tenant, source.id) == replace(source, expires_at=LATER + 9 + DAY)


def test_an_input_is_used_again_after_its_last_batch(
    backend: Backend, tenant: TenantId, source: File, new_batch: Callable[..., Batch]
) -> None:
    bring_to(backend, tenant, new_batch(source.id), BatchStatus.COMPLETED)
    one, two = new_batch(source.id), new_batch(source.id)

    assert backend.batches.fail(tenant, one, [ERROR], at=LATER - DAY)
    assert backend.files.get(tenant, source.id) == replace(source, expires_at=LATER + DAY)

    assert backend.batches.fail(tenant, two, [ERROR], at=LATER - DAY + 5)
    assert backend.files.get(tenant, source.id) == replace(source, expires_at=LATER + 5)


def test_an_input_that_was_in_the_trash_still_belongs_to_its_batches(
    backend: Backend, tenant: TenantId, source: File, new_batch: Callable[..., Batch]
) -> None:
    one, two = new_batch(source.id), new_batch(source.id)
    to_trash(backend, tenant, source.id)
    trashed = backend.trash.get(tenant, source.id)
    assert trashed is not None
    restored = replace(source, revision=source.revision + 1)
    assert backend.trash.restore(tenant, trashed, restored)

    bring_to(backend, tenant, one, BatchStatus.COMPLETED)
    assert backend.files.get(tenant, source.id) == restored

    assert backend.batches.fail(tenant, two, [ERROR], at=LATER)
    assert backend.files.get(tenant, source.id) == replace(restored, expires_at=LATER + DAY)


@pytest.mark.parametrize("gone", ["deleted", "trashed", "never there"])
def test_a_batch_ends_without_its_input(
    backend: Backend,
    tenant: TenantId,
    source: File,
    new_batch: Callable[..., Batch],
    gone: str,
) -> None:
    batch = new_batch(a_file_id() if gone == "never there" else source.id)
    if gone == "deleted":
        assert backend.files.release(tenant, source)
    if gone == "trashed":
        to_trash(backend, tenant, source.id)
    trashed = backend.trash.get(tenant, source.id)

    bring_to(backend, tenant, batch, BatchStatus.COMPLETED)

    assert backend.trash.get(tenant, source.id) == trashed
    assert backend.files.get(tenant, batch.input_file_id) is None
