"""Batches in DynamoDB: what else changes while one ends, conflicts, and the record's removal."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from larder.adapters.dynamodb.keys import input_key
from larder.domain.batches import RETENTION_SECONDS, Batch, BatchError, BatchStatus, Progress
from larder.domain.files import DAY, FileStatus, Purpose
from larder.services.batches.ports import Ending, Finalizing
from larder.services.files.ports import Settlement
from larder.services.upkeep.ports import DueFile
from tests.backends.aws import CONFLICT
from tests.fakes.clock import START
from tests.samples import TENANT, a_batch, a_file, a_file_id, a_project, to_trash

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from larder.domain.files import File
    from tests.backends.aws import AwsBackend

NOW = int(START)
ERROR = BatchError("bad", "It is bad.")


@pytest.fixture
def backend(aws: AwsBackend) -> AwsBackend:
    a_project(aws)
    return aws


@pytest.fixture
def source(backend: AwsBackend) -> File:
    file = a_file(purpose=Purpose.BATCH, expires_at=NOW + 30 * DAY)
    backend.files.admit(TENANT, file)
    return file


def create(backend: AwsBackend, source: File) -> Batch:
    batch = a_batch(source.id)
    backend.batches.create(TENANT, batch, check_at=NOW)
    return batch


def before_next_transaction(backend: AwsBackend, act: Callable[[], object]) -> None:
    """Have something else happen after all is read, and before anything is written."""
    waiting = [act]

    def interfere(**_: Any) -> None:
        if waiting:
            waiting.pop()()

    backend.dynamodb.meta.events.register(
        "before-call.dynamodb.TransactWriteItems", interfere, unique_id="interfere"
    )


@pytest.fixture(autouse=True)
def undisturbed_later(backend: AwsBackend) -> Iterator[None]:
    yield
    backend.dynamodb.meta.events.unregister(
        "before-call.dynamodb.TransactWriteItems", unique_id="interfere"
    )


def expiry_of(backend: AwsBackend, file: File) -> int | None:
    found = backend.files.get(TENANT, file.id)
    assert found is not None
    return found.expires_at


def counted(backend: AwsBackend, file: File) -> int:
    found = backend.stack.dynamodb.get_item(TableName="Store", Key=input_key(TENANT, file.id))
    return int(found["Item"]["batches"]["N"]) if "Item" in found else 0


def test_a_batch_that_begins_on_the_input_meanwhile_keeps_it(
    backend: AwsBackend, source: File
) -> None:
    batch = create(backend, source)
    before_next_transaction(backend, lambda: create(backend, source))

    assert backend.batches.fail(TENANT, batch, [ERROR], at=NOW)

    assert expiry_of(backend, source) == source.expires_at
    assert counted(backend, source) == 1


def test_a_batch_that_ends_meanwhile_leaves_the_input_to_the_other(
    backend: AwsBackend, source: File
) -> None:
    one, two = create(backend, source), create(backend, source)
    before_next_transaction(backend, lambda: backend.batches.fail(TENANT, two, [ERROR], at=NOW))

    assert backend.batches.fail(TENANT, one, [ERROR], at=NOW)

    assert expiry_of(backend, source) == NOW + DAY
    assert counted(backend, source) == 0


@pytest.mark.parametrize("change", ["deleted", "trashed", "validated", "expires sooner"])
def test_an_input_that_changes_meanwhile_is_left_as_it_is_then(
    backend: AwsBackend, source: File, change: str
) -> None:
    batch = create(backend, source)
    other = create(backend, source)
    changes: dict[str, Callable[[], object]] = {
        "deleted": lambda: backend.files.release(TENANT, source),
        "trashed": lambda: to_trash(backend, TENANT, source.id),
        "validated": lambda: backend.files.settle(TENANT, source, Settlement(FileStatus.PROCESSED)),
        "expires sooner": lambda: backend.batches.fail(TENANT, other, [ERROR], at=NOW - 60),
    }
    if change != "expires sooner":
        assert backend.batches.fail(TENANT, other, [ERROR], at=NOW)
    before_next_transaction(backend, changes[change])

    assert backend.batches.fail(TENANT, batch, [ERROR], at=NOW)

    found = backend.files.get(TENANT, source.id)
    match change:
        case "deleted":
            assert found is None
        case "trashed":
            assert found is None
            assert backend.trash.get(TENANT, source.id) is not None
        case _:
            assert found is not None
            assert found.expires_at == NOW + DAY
            assert (found.status is FileStatus.PROCESSED) == (change == "validated")
            due = DueFile(TENANT, source.id)
            assert due in set(backend.deadlines.due(NOW + DAY))
    assert counted(backend, source) == 0


def test_the_same_batch_that_ends_meanwhile_ends_once(backend: AwsBackend, source: File) -> None:
    batch = create(backend, source)
    before_next_transaction(backend, lambda: backend.batches.fail(TENANT, batch, [ERROR], at=NOW))

    assert not backend.batches.fail(TENANT, batch, [ERROR], at=NOW)

    assert counted(backend, source) == 0
    create(backend, source)
    assert counted(backend, source) == 1


@pytest.fixture
def in_conflict(backend: AwsBackend) -> Iterator[None]:
    """Have every plain update meet a transaction."""
    answer = {
        "Error": {"Code": "TransactionConflictException", "Message": "under way"},
        "ResponseMetadata": {"HTTPStatusCode": 400},
    }

    def refuse(**_: Any) -> tuple[AWSResponse, dict[str, Any]]:
        return AWSResponse("", 400, HTTPHeaders(), None), answer

    event = "before-call.dynamodb.UpdateItem"
    backend.dynamodb.meta.events.register_first(event, refuse, unique_id="conflict")
    yield
    backend.dynamodb.meta.events.unregister(event, unique_id="conflict")


@pytest.mark.usefixtures("in_conflict")
def test_a_conflict_with_a_transaction_does_not_lose_progress(
    backend: AwsBackend, source: File
) -> None:
    batch = create(backend, source)
    retried = backend.refuse_transactions([CONFLICT], times=2)

    backend.batches.add_progress(TENANT, batch.id, Progress(1, 2))

    found = backend.batches.get(TENANT, batch.id)
    assert found is not None
    assert (found.progress.completed, found.progress.failed) == (1, 2)
    assert retried() == 2


@pytest.mark.usefixtures("in_conflict")
def test_conflicts_that_do_not_end_lose_figures_for_show_and_nothing_else(
    backend: AwsBackend, source: File
) -> None:
    batch = create(backend, source)
    backend.contend()

    backend.batches.add_progress(TENANT, batch.id, Progress(1, 2))

    assert backend.batches.get(TENANT, batch.id) == batch


def test_a_batch_id_is_recorded_once(backend: AwsBackend, source: File) -> None:
    batch = create(backend, source)

    with pytest.raises(Exception, match="conditions failed at"):
        backend.batches.create(TENANT, replace(batch, endpoint="/v1/embeddings"), check_at=NOW)

    assert backend.batches.get(TENANT, batch.id) == batch


@pytest.mark.parametrize("end", [BatchStatus.FAILED, BatchStatus.COMPLETED])
def test_the_record_is_dropped_thirty_days_after_the_end(
    backend: AwsBackend, source: File, end: BatchStatus
) -> None:
    batch = create(backend, source)
    if end is BatchStatus.FAILED:
        assert backend.batches.fail(TENANT, batch, [ERROR], at=NOW)
    else:
        chosen = Finalizing(a_file_id(), a_file_id(), cut_short=False)
        assert backend.batches.finalize(TENANT, batch, chosen, at=NOW)
        found = backend.batches.get(TENANT, batch.id)
        assert found is not None
        assert backend.batches.end(TENANT, found, Ending(end, 0, Progress(), None, None, NOW))
    assert backend.files.release(TENANT, source)
    backend.removed()

    backend.clock.advance(RETENTION_SECONDS - 1)
    backend.collect_ttl()
    assert backend.batches.get(TENANT, batch.id) is not None
    backend.clock.advance(1)
    backend.collect_ttl()

    assert backend.batches.get(TENANT, batch.id) is None
    assert backend.removed() == []
