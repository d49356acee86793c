"""How DynamoDB's transactions fail: a condition, a temporary conflict, or another reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from larder.adapters.dynamodb.counters import take
from larder.adapters.dynamodb.keys import item_key, trash_key, usage_key
from larder.adapters.dynamodb.transactions import (
    ATTEMPTS,
    ConditionsFailedError,
    snapshot,
    transact,
)
from larder.domain.errors import ContentionError, QuotaExceededError
from larder.domain.files import FileStatus
from larder.domain.quota import Amount
from larder.services.files.ports import Settlement
from tests.backends.aws import CONFLICT
from tests.samples import TENANT, a_file, a_project, an_upload, to_trash

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from tests.backends.aws import AwsBackend

NONE = {"Code": "None"}
FAILED = {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"}


@pytest.fixture
def backend(aws: AwsBackend) -> AwsBackend:
    a_project(aws)
    return aws


def used(backend: AwsBackend) -> Amount:
    usage = backend.usage.get(TENANT)
    assert usage is not None
    return usage.used


@pytest.mark.parametrize(
    "passing", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"]
)
def test_a_temporary_conflict_is_tried_again_until_it_ends(
    backend: AwsBackend, passing: str
) -> None:
    refused = backend.refuse_transactions([{"Code": passing}, NONE], times=ATTEMPTS - 1)

    backend.files.admit(TENANT, a_file(10))

    assert refused() == ATTEMPTS - 1
    assert used(backend) == Amount(files=1, bytes=10)


def test_a_settlement_waits_for_a_concurrent_delete(backend: AwsBackend) -> None:
    file = a_file(10)
    backend.files.admit(TENANT, file)
    refused = backend.refuse_transactions([CONFLICT], times=3)

    assert backend.files.settle(TENANT, file, Settlement(FileStatus.PROCESSED))

    assert refused() == 3


def test_endless_conflicts_are_contention_after_a_dozen_attempts(
    backend: AwsBackend,
) -> None:
    refused = backend.refuse_transactions([CONFLICT, CONFLICT])

    with pytest.raises(ContentionError):
        backend.uploads.reserve(TENANT, an_upload())

    assert refused() == ATTEMPTS


def test_the_pauses_between_attempts_grow_and_are_bounded(
    backend: AwsBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("larder.adapters.dynamodb.transactions._FIRST_PAUSE", 0.02)
    backend.contend()
    pauses: list[float] = []

    with pytest.raises(ContentionError):
        transact(
            backend.dynamodb,
            [take("Store", TENANT, Amount(files=1, bytes=1))],
            pause=pauses.append,
        )

    assert len(pauses) == ATTEMPTS
    longest = [min(0.5, 0.02 * 2**attempt) for attempt in range(ATTEMPTS)]
    assert all(top / 4 <= pause <= top for pause, top in zip(pauses, longest, strict=True))


def test_a_conflict_beside_a_failed_condition_is_not_tried_again(backend: AwsBackend) -> None:
    held = backend.stack.dynamodb.get_item(TableName="Store", Key=usage_key(TENANT))["Item"]
    refused = backend.refuse_transactions([{**FAILED, "Item": held}, CONFLICT])

    with pytest.raises(QuotaExceededError):
        backend.files.admit(TENANT, a_file())

    assert refused() == 1


def test_a_permanent_reason_is_raised_unchanged(backend: AwsBackend) -> None:
    refused = backend.refuse_transactions([{"Code": "ValidationError"}, NONE])

    with pytest.raises(ClientError, match="TransactionCanceledException"):
        backend.files.admit(TENANT, a_file())

    assert refused() == 1


def test_failed_conditions_are_reported_by_position_with_the_current_item(
    backend: AwsBackend,
) -> None:
    file = a_file(1_000)
    backend.files.admit(TENANT, file)
    put: TransactWriteItemTypeDef = {
        "Put": {
            "TableName": "Store",
            "Item": item_key(TENANT, file.id),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
    }

    with pytest.raises(ConditionsFailedError) as refused:
        transact(backend.dynamodb, [put, take("Store", TENANT, Amount(files=1, bytes=1))])

    assert set(refused.value.items) == {0, 1}
    assert refused.value.items[0] == {}
    assert refused.value.items[1]["bytes_left"] == {"N": "0"}


def test_a_failed_transaction_changes_nothing(backend: AwsBackend) -> None:
    file = a_file(10)
    backend.files.admit(TENANT, file)
    before = backend.snapshot()

    with pytest.raises(ConditionsFailedError):
        backend.files.admit(TENANT, file)

    assert backend.snapshot() == before


def test_a_snapshot_reads_items_in_the_order_of_their_keys(backend: AwsBackend) -> None:
    live, trashed = a_file(), a_file()
    for file in (live, trashed):
        backend.files.admit(TENANT, file)
    to_trash(backend, TENANT, trashed.id)

    found = snapshot(
        backend.dynamodb,
        "Store",
        [item_key(TENANT, trashed.id), trash_key(TENANT, trashed.id), item_key(TENANT, live.id)],
    )

    assert [item is not None for item in found] == [False, True, True]


def test_concurrent_changes_of_limits_are_both_made(backend: AwsBackend) -> None:
    backend.files.admit(TENANT, a_file(100))
    interfered = False

    def interfere(**_: Any) -> None:
        nonlocal interfered
        if not interfered:
            interfered = True
            backend.projects.set_limit(TENANT, Amount(files=50, bytes=50_000))

    event = "before-call.dynamodb.TransactWriteItems"
    backend.dynamodb.meta.events.register(event, interfere, unique_id="interfere")
    backend.projects.set_limit(TENANT, Amount(files=7, bytes=700))
    backend.dynamodb.meta.events.unregister(event, unique_id="interfere")

    usage = backend.usage.get(TENANT)
    assert usage is not None
    assert usage.limit == Amount(files=7, bytes=700)
    assert usage.left == Amount(files=6, bytes=600)
