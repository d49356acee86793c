"""The life of a batch's record: a status that only moves forward."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from larder.domain.batches import (
    MAX_ENQUEUED,
    Batch,
    BatchError,
    BatchStatus,
)
from larder.domain.errors import ContentionError
from larder.domain.files import DAY
from larder.services.batches.ports import Finalizing
from tests.fakes.clock import START
from tests.samples import a_batch, a_file_id
from tests.support.batches import (
    CHOSEN,
    ENDED,
    ERROR,
    LATER,
    NOW,
    PROGRESS,
    RUNNING,
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
    from larder.domain.ids import BatchId, TenantId
    from tests.backends.backend import Backend


def test_a_batch_is_read_as_it_was_recorded(backend: Backend, tenant: TenantId) -> None:
    batch = a_batch(metadata={"a": "b", "": "", "ü": "\ud800"}, output_lifetime=3_600)

    backend.batches.create(tenant, batch, check_at=NOW + 120)

    assert backend.batches.get(tenant, batch.id) == batch


def test_a_request_makes_one_batch_a_day(backend: Backend, tenant: TenantId) -> None:
    first, again, late = a_batch(at=START), a_batch(at=START + 60), a_batch(at=START + DAY)
    other = a_batch(at=START + 60)

    def create(batch: Batch, request: str) -> BatchId:
        return backend.batches.create(tenant, batch, check_at=NOW, request=request)

    assert create(first, "one") == first.id
    assert create(again, "one") == first.id
    assert create(other, "two") == other.id
    assert create(late, "one") == late.id
    assert backend.batches.get(tenant, again.id) is None
    page = backend.batches.page(tenant, limit=10, after=None)
    assert {batch.id for batch in page.batches} == {first.id, other.id, late.id}


def test_a_request_that_made_a_batch_is_known_where_no_other_may_run(
    backend: Backend, tenant: TenantId, other: TenantId
) -> None:
    backend.batch_limits.set(tenant, batches=1, requests=MAX_ENQUEUED)
    first, again = a_batch(), a_batch()
    backend.batches.create(tenant, first, check_at=NOW, request="one")

    assert backend.batches.create(tenant, again, check_at=NOW, request="one") == first.id
    assert backend.batches.create(other, again, check_at=NOW, request="one") == again.id


@pytest.mark.parametrize("metadata", [None, {}])
def test_no_metadata_and_empty_metadata_are_told_apart(
    backend: Backend, tenant: TenantId, metadata: dict[str, str] | None
) -> None:
    batch = a_batch(metadata=metadata)
    backend.batches.create(tenant, batch, check_at=NOW)

    assert read(backend, tenant, batch.id).metadata == metadata


def test_what_is_not_there_or_another_project_s_is_not_found(
    backend: Backend, tenant: TenantId, other: TenantId, batch: Batch
) -> None:
    assert backend.batches.get(tenant, a_batch().id) is None
    assert backend.batches.get(other, batch.id) is None
    assert backend.batches.page(other, limit=10, after=None).batches == ()


def test_another_project_changes_nothing(backend: Backend, other: TenantId, batch: Batch) -> None:
    batches = backend.batches
    chosen = replace(batch, status=BatchStatus.FINALIZING, reserved_output=CHOSEN.output)

    assert not batches.begin(other, batch, total=1, model=None, at=NOW)
    assert not batches.fail(other, batch, [ERROR], at=NOW)
    assert not batches.cancel(other, batch, at=NOW)
    assert not batches.stop(other, batch, ERROR, at=NOW)
    assert not batches.finalize(other, batch, CHOSEN, at=NOW)
    assert not batches.reschedule(other, batch, execution=2, check_at=NOW)
    assert not batches.end(other, chosen, ending(output_file=output(CHOSEN.output)))
    batches.add_progress(other, batch.id, PROGRESS)
    assert backend.outputs_to_come() == set()
    assert backend.files.get(other, CHOSEN.output) is None


def test_pages_go_from_the_newest_to_the_oldest(backend: Backend, tenant: TenantId) -> None:
    ids = []
    for minute in range(5):
        batch = a_batch(at=START + 60 * minute)
        backend.batches.create(tenant, batch, check_at=NOW)
        ids.append(batch.id)
    newest_first = ids[::-1]

    first = backend.batches.page(tenant, limit=2, after=None)
    second = backend.batches.page(tenant, limit=2, after=first.batches[-1].id)
    last = backend.batches.page(tenant, limit=2, after=second.batches[-1].id)
    whole = backend.batches.page(tenant, limit=5, after=None)

    assert [batch.id for batch in first.batches] == newest_first[:2]
    assert [batch.id for batch in second.batches] == newest_first[2:4]
    assert [batch.id for batch in last.batches] == newest_first[4:]
    assert [batch.id for batch in whole.batches] == newest_first
    assert [page.has_more for page in (first, second, last, whole)] == [True, True, False, False]


def test_a_page_begins_where_no_batch_is_left(backend: Backend, tenant: TenantId) -> None:
    older, newer = a_batch(at=START), a_batch(at=START + 60)
    for batch in (older, newer):
        backend.batches.create(tenant, batch, check_at=NOW)

    page = backend.batches.page(tenant, limit=10, after=a_batch(at=START + 30).id)

    assert [batch.id for batch in page.batches] == [older.id]


def test_files_beside_batches_are_on_no_page(
    backend: Backend, tenant: TenantId, source: File, new_batch: Callable[..., Batch]
) -> None:
    batch = new_batch(source.id)

    assert backend.batches.page(tenant, limit=10, after=None).batches == (batch,)


def test_a_page_with_many_errors_is_whole(backend: Backend, tenant: TenantId) -> None:
    """DynamoDB reads 1 MB at a time."""
    backend.batch_limits.set(tenant, batches=100, requests=MAX_ENQUEUED)
    errors = [BatchError("bad", "x" * 190, "body", line) for line in range(900)]
    for second in range(7):
        batch = a_batch(at=START + second)
        backend.batches.create(tenant, batch, check_at=NOW)
        assert backend.batches.fail(tenant, batch, errors, at=NOW)

    page = backend.batches.page(tenant, limit=6, after=None)

    assert page.has_more
    assert [batch.errors for batch in page.batches] == [tuple(errors)] * 6


def test_a_batch_begins_once(backend: Backend, tenant: TenantId, batch: Batch) -> None:
    assert backend.batches.begin(tenant, batch, total=10, model="m", at=LATER)
    assert not backend.batches.begin(tenant, batch, total=11, model="n", at=LATER + 1)

    assert read(backend, tenant, batch.id) == replace(
        batch, status=BatchStatus.IN_PROGRESS, total=10, model="m", in_progress_at=LATER
    )


def test_a_batch_of_several_models_has_none(
    backend: Backend, tenant: TenantId, batch: Batch
) -> None:
    backend.batches.begin(tenant, batch, total=10, model=None, at=LATER)

    assert read(backend, tenant, batch.id).model is None


def test_a_batch_fails_with_its_errors(backend: Backend, tenant: TenantId, batch: Batch) -> None:
    errors = [ERROR, BatchError("bad_line", "ü\n", "body.model", 3)]

    assert backend.batches.fail(tenant, batch, errors, at=LATER)
    assert not backend.batches.fail(tenant, batch, [ERROR], at=LATER + 1)

    assert read(backend, tenant, batch.id) == replace(
        batch, status=BatchStatus.FAILED, errors=tuple(errors), ended_at=LATER
    )


@pytest.mark.parametrize("status", [*RUNNING[1:], *ENDED])
def test_what_has_begun_neither_begins_nor_fails(
    backend: Backend, tenant: TenantId, batch: Batch, status: BatchStatus
) -> None:
    before = bring_to(backend, tenant, batch, status)

    for read_as in (batch, before):
        assert not backend.batches.begin(tenant, read_as, total=1, model=None, at=LATER)
        assert not backend.batches.fail(tenant, read_as, [ERROR], at=LATER)

    assert read(backend, tenant, batch.id) == before


@pytest.mark.parametrize("status", RUNNING[:3])
def test_what_runs_can_be_cancelled_whatever_was_read(
    backend: Backend, tenant: TenantId, batch: Batch, status: BatchStatus
) -> None:
    before = bring_to(backend, tenant, batch, status)

    assert backend.batches.cancel(tenant, batch, at=LATER + 5)
    assert not backend.batches.cancel(tenant, batch, at=LATER + 6)

    assert read(backend, tenant, batch.id) == replace(
        before, status=BatchStatus.CANCELLING, cancelling_at=LATER + 5
    )


def test_an_upstream_s_refusal_stops_what_is_in_progress(
    backend: Backend, tenant: TenantId, batch: Batch
) -> None:
    before = begin(backend, tenant, batch)

    assert backend.batches.stop(tenant, before, ERROR, at=LATER)
    assert not backend.batches.stop(tenant, before, replace(ERROR, code="other"), at=LATER + 1)

    assert read(backend, tenant, batch.id) == replace(
        before, status=BatchStatus.FINALIZING, errors=(ERROR,), finalizing_at=LATER
    )


@pytest.mark.parametrize("status", [s for s in BatchStatus if s is not BatchStatus.IN_PROGRESS])
def test_what_is_not_in_progress_is_not_stopped(
    backend: Backend, tenant: TenantId, batch: Batch, status: BatchStatus
) -> None:
    before = bring_to(backend, tenant, batch, status)

    assert not backend.batches.stop(tenant, batch, ERROR, at=LATER)

    assert read(backend, tenant, batch.id) == before


@pytest.mark.parametrize("status", [BatchStatus.VALIDATING, BatchStatus.IN_PROGRESS])
@pytest.mark.parametrize("cut_short", [True, False])
def test_what_a_batch_leaves_is_chosen_once(
    backend: Backend, tenant: TenantId, batch: Batch, status: BatchStatus, *, cut_short: bool
) -> None:
    before = bring_to(backend, tenant, batch, status)
    chosen = replace(CHOSEN, cut_short=cut_short)

    assert backend.batches.finalize(tenant, before, chosen, at=LATER)
    found = read(backend, tenant, batch.id)
    other = Finalizing(a_file_id(), a_file_id(), cut_short=not cut_short)
    assert not backend.batches.finalize(tenant, before, other, at=LATER + 1)
    assert not backend.batches.finalize(tenant, found, other, at=LATER + 1)

    assert (
        read(backend, tenant, batch.id)
        == found
        == replace(
            before,
            status=BatchStatus.FINALIZING,
            reserved_output=CHOSEN.output,
            reserved_error=CHOSEN.error,
            cut_short=cut_short,
            finalizing_at=LATER,
        )
    )
    assert backend.outputs_to_come() == {CHOSEN.output, CHOSEN.error}


def test_a_cancelled_batch_goes_on_cancelling_when_its_files_are_chosen(
    backend: Backend, tenant: TenantId, batch: Batch
) -> None:
    before = bring_to(backend, tenant, batch, BatchStatus.CANCELLING)

    found = finalize(backend, tenant, before)

    assert found.status is BatchStatus.CANCELLING
    assert found.reserved_output == CHOSEN.output


def test_a_stopped_batch_keeps_when_that_was(
    backend: Backend, tenant: TenantId, batch: Batch
) -> None:
    backend.batches.stop(tenant, begin(backend, tenant, batch), ERROR, at=NOW + 1)

    found = finalize(backend, tenant, read(backend, tenant, batch.id))

    assert (found.finalizing_at, found.errors) == (NOW + 1, (ERROR,))


def test_nothing_is_chosen_for_a_batch_that_has_changed(
    backend: Backend, tenant: TenantId, batch: Batch
) -> None:
    before = begin(backend, tenant, batch)
    backend.batches.cancel(tenant, batch, at=LATER)

    assert not backend.batches.finalize(tenant, before, CHOSEN, at=LATER)

    assert read(backend, tenant, batch.id).reserved_output is None
    assert backend.outputs_to_come() == set()


@pytest.mark.parametrize("status", ENDED)
def test_after_the_end_nothing_changes(
    backend: Backend, tenant: TenantId, batch: Batch, status: BatchStatus
) -> None:
    before = bring_to(backend, tenant, batch, status)
    everything = backend.snapshot()

    for read_as in (before, batch):
        assert not backend.batches.cancel(tenant, read_as, at=LATER)
        assert not backend.batches.finalize(tenant, read_as, CHOSEN, at=LATER)
        assert not backend.batches.end(tenant, read_as, ending(output_file=output(a_file_id())))
        assert not backend.batches.reschedule(tenant, read_as, execution=2, check_at=LATER)
    backend.batches.add_progress(tenant, batch.id, PROGRESS)

    assert read(backend, tenant, batch.id) == before
    assert backend.snapshot() == everything


def test_progress_adds_up_while_the_batch_runs(
    backend: Backend, tenant: TenantId, batch: Batch
) -> None:
    begin(backend, tenant, batch)

    for _ in range(2):
        backend.batches.add_progress(tenant, batch.id, PROGRESS)

    assert read(backend, tenant, batch.id).progress == PROGRESS + PROGRESS


def test_progress_of_a_batch_that_is_gone_is_nothing(backend: Backend, tenant: TenantId) -> None:
    backend.batches.add_progress(tenant, a_batch().id, PROGRESS)

    assert backend.batches.page(tenant, limit=10, after=None).batches == ()


def test_conflicts_that_do_not_end_are_contention(
    backend: Backend, tenant: TenantId, batch: Batch
) -> None:
    chosen = replace(batch, status=BatchStatus.FINALIZING)
    backend.contend()

    with pytest.raises(ContentionError):
        backend.batches.create(tenant, a_batch(), check_at=NOW)
    with pytest.raises(ContentionError):
        backend.batches.begin(tenant, batch, total=1, model=None, at=NOW)
    with pytest.raises(ContentionError):
        backend.batches.cancel(tenant, batch, at=NOW)
    with pytest.raises(ContentionError):
        backend.batches.end(tenant, chosen, ending())


def test_figures_for_show_are_added_in_spite_of_conflicts(
    backend: Backend, tenant: TenantId, batch: Batch
) -> None:
    backend.contend()

    backend.batches.add_progress(tenant, batch.id, PROGRESS)

    assert read(backend, tenant, batch.id).progress == PROGRESS
