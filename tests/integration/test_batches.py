"""The routes of batches, each handler with its recorded event."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Never

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from larder.adapters.dynamodb.batches import DynamoBatches
from larder.adapters.step_functions import StepFunctionsExecutions
from larder.domain.batches import BatchError, errors_kept
from larder.domain.errors import ContentionError
from larder.domain.files import DAY
from larder.domain.ids import BatchId
from tests.integration.batches import ENDPOINT, JSON, create, on_batch, page
from tests.integration.files import GOOD_LINE, get, upload
from tests.integration.uploads import upload_directly
from tests.support.events import recorded

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder.domain.ids import TenantId
    from larder.runtime.composition import Composition
    from tests.integration.conftest import Functions
    from tests.moto_stack import MotoStack

NOTHING_USED = {
    "input_tokens": 0,
    "input_tokens_details": {"cached_tokens": 0},
    "output_tokens": 0,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": 0,
}


def several(functions: Functions, tenant: TenantId, ports: Composition, count: int) -> list[str]:
    """Create batches a second apart, and return their ids, the newest first."""
    batch_id = BatchId(create(functions, tenant).json["id"])
    first = ports.batches.get(tenant, batch_id)
    assert first is not None
    made: list[str] = [first.id]
    for number in range(1, count):
        other = replace(first, id=BatchId(f"batch_{int(first.id[6:18], 16) + number:012x}{7:012x}"))
        ports.batches.create(tenant, other, check_at=0)
        made.append(other.id)
    return made[::-1]


class Died(BaseException):
    """The function's process is gone."""


def time_is_over(stack: MotoStack, tenant: TenantId) -> None:
    """Let the time pass that Lambda gave to the requests with an idempotency key."""
    table = stack.settings.store_table
    [running] = [
        item
        for item in stack.dynamodb.scan(TableName=table)["Items"]
        if item["pk"]["S"] == f"I#{tenant}" and item["sk"]["S"].startswith("request")
    ]
    stack.dynamodb.update_item(
        TableName=table,
        Key={name: running[name] for name in ("pk", "sk")},
        UpdateExpression="SET in_progress_expiration = :past",
        ExpressionAttributeValues={":past": {"N": "1"}},
    )


def raising(error: BaseException) -> Callable[..., Never]:
    def fail(*_: object, **__: object) -> Never:
        raise error

    return fail


def failing(monkeypatch: pytest.MonkeyPatch, operation: str, *, times: int) -> None:
    """Have AWS fail at the next calls of an operation."""
    call = BaseClient._make_api_call  # type: ignore[attr-defined]
    left = [None] * times

    def fail(client: BaseClient, name: str, request: dict[str, Any]) -> Any:
        if name == operation and left:
            left.pop()
            raise ClientError({"Error": {"Code": "ServiceUnavailable"}}, name)
        return call(client, name, request)

    monkeypatch.setattr(BaseClient, "_make_api_call", fail)


def fail(ports: Composition, tenant: TenantId, batch_id: str) -> None:
    batch = ports.batches.get(tenant, BatchId(batch_id))
    assert batch is not None
    error = BatchError("invalid_json_line", "Line 1 is no JSON.", None, 1)
    assert ports.batches.fail(tenant, batch, [error], at=int(time.time()))


def test_a_new_batch_has_every_field_of_openais_object(
    functions: Functions, stack: MotoStack, tenant: TenantId
) -> None:
    file_id = upload_directly(functions, stack, tenant, GOOD_LINE)["id"]

    answer = create(functions, tenant, file_id, metadata={"job": "nightly"})

    batch = answer.json
    assert answer.status == 200
    assert batch == {
        "id": batch["id"],
        "object": "batch",
        "endpoint": ENDPOINT,
        "model": None,
        "errors": None,
        "input_file_id": file_id,
        "completion_window": "24h",
        "status": "validating",
        "output_file_id": None,
        "error_file_id": None,
        "created_at": batch["created_at"],
        "in_progress_at": None,
        "expires_at": batch["created_at"] + DAY,
        "finalizing_at": None,
        "completed_at": None,
        "failed_at": None,
        "expired_at": None,
        "cancelling_at": None,
        "cancelled_at": None,
        "request_counts": {"total": 0, "completed": 0, "failed": 0},
        "usage": NOTHING_USED,
        "metadata": {"job": "nightly"},
    }
    assert abs(batch["created_at"] - time.time()) < 5
    assert on_batch(functions, tenant, "get", batch["id"]).json == batch


def test_a_new_batch_is_started(functions: Functions, tenant: TenantId, ports: Composition) -> None:
    batch_id = BatchId(create(functions, tenant).json["id"])

    assert ports.executions.running(batch_id, 1)


def test_a_batch_without_window_has_a_day(functions: Functions, tenant: TenantId) -> None:
    batch = create(functions, tenant, completion_window=None).json

    assert batch["completion_window"] == "24h"
    assert batch["expires_at"] == batch["created_at"] + DAY


def test_a_batch_may_have_another_window(functions: Functions, tenant: TenantId) -> None:
    batch = create(functions, tenant, completion_window="3h").json

    assert batch["expires_at"] == batch["created_at"] + 3 * 3600


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"endpoint": "/v1/nothing"}, "endpoint"),
        ({"endpoint": 1}, "endpoint"),
        ({"endpoint": None}, "endpoint"),
        ({"completion_window": "25 hours"}, "completion_window"),
        ({"completion_window": "0h"}, "completion_window"),
        ({"completion_window": "169h"}, "completion_window"),
        ({"metadata": {str(n): "" for n in range(17)}}, "metadata"),
        ({"metadata": {"k" * 65: ""}}, "metadata"),
        ({"metadata": {"k": "v" * 513}}, "metadata"),
        ({"metadata": {"k": 1}}, "metadata.k"),
        ({"metadata": ["k"]}, "metadata"),
        ({"output_expires_after": {"seconds": 3599}}, "output_expires_after.seconds"),
        ({"output_expires_after": {"seconds": 2_592_001}}, "output_expires_after.seconds"),
        ({"output_expires_after": {"seconds": "3600"}}, "output_expires_after.seconds"),
        (
            {"output_expires_after": {"anchor": "now", "seconds": 3600}},
            "output_expires_after.anchor",
        ),
        ({"input_file_id": 1}, "input_file_id"),
    ],
)
def test_a_bad_parameter_is_named(
    functions: Functions, tenant: TenantId, changes: dict[str, Any], param: str
) -> None:
    answer = create(functions, tenant, **changes)

    assert answer.status == 400
    assert (answer.error["type"], answer.error["param"]) == ("invalid_request_error", param)
    assert page(functions, tenant).json["data"] == []


@pytest.mark.parametrize("file_id", ["file-0197b3a5c6001a2b3c4d5e6f", "nothing"])
def test_an_unknown_input_is_not_found(
    functions: Functions, tenant: TenantId, file_id: str
) -> None:
    answer = create(functions, tenant, file_id)

    assert answer.status == 404
    assert answer.error["param"] == "input_file_id"


def test_a_file_of_another_project_is_not_found(
    functions: Functions, tenant: TenantId, stranger: TenantId
) -> None:
    answer = create(functions, tenant, upload(functions, stranger).json["id"])

    assert answer.status == 404
    assert answer.error["param"] == "input_file_id"


def test_a_file_for_another_purpose_is_refused(functions: Functions, tenant: TenantId) -> None:
    file_id = upload(functions, tenant, fields={"purpose": "user_data"}).json["id"]

    answer = create(functions, tenant, file_id)

    assert answer.status == 400
    assert answer.error["param"] == "input_file_id"
    assert "user_data" in answer.error["message"]


def test_a_project_runs_ten_batches_at_once(
    functions: Functions, tenant: TenantId, ports: Composition
) -> None:
    running = several(functions, tenant, ports, 10)

    refused = create(functions, tenant)
    on_batch(functions, tenant, "cancel", running[0])
    still = create(functions, tenant)
    fail(ports, tenant, running[1])

    assert (refused.status, refused.error["code"]) == (429, "rate_limit_exceeded")
    assert "10 of 10 batches" in refused.error["message"]
    assert still.status == 429, "a batch that is cancelling still runs"
    assert create(functions, tenant).status == 200


def test_the_same_request_makes_one_batch(functions: Functions, tenant: TenantId) -> None:
    file_id = upload(functions, tenant).json["id"]
    headers = JSON | {"Idempotency-Key": "one"}

    first = create(functions, tenant, file_id, headers)
    second = create(functions, tenant, file_id, headers)
    other = create(functions, tenant, file_id, headers, metadata={"a": "b"})

    assert (first.status, second.status) == (200, 200)
    assert second.json == first.json
    assert second.headers["larder-idempotent-replay"] == "true"
    assert (other.status, other.error["type"]) == (409, "idempotency_conflict")
    assert len(page(functions, tenant).json["data"]) == 1


@pytest.mark.parametrize("headers", [JSON, JSON | {"Idempotency-Key": "one"}])
def test_a_batch_that_cannot_be_started_is_made_and_left_to_the_next_sweep(
    functions: Functions,
    tenant: TenantId,
    ports: Composition,
    monkeypatch: pytest.MonkeyPatch,
    headers: dict[str, str],
) -> None:
    file_id = upload(functions, tenant).json["id"]
    failing(monkeypatch, "StartExecution", times=1)

    answer = create(functions, tenant, file_id, headers)

    assert (answer.status, answer.json["status"]) == (200, "validating")
    batch_id = BatchId(answer.json["id"])
    assert not ports.executions.running(batch_id, 1)
    assert functions.invoke("sweep", recorded("sweep"))["batch_restarted"] == 1
    assert ports.executions.running(batch_id, 2)


def test_a_batch_whose_next_look_cannot_be_moved_either_is_made(
    functions: Functions, tenant: TenantId, monkeypatch: pytest.MonkeyPatch
) -> None:
    file_id = upload(functions, tenant).json["id"]
    failing(monkeypatch, "StartExecution", times=1)
    monkeypatch.setattr(DynamoBatches, "reschedule", raising(ContentionError()))

    assert create(functions, tenant, file_id).status == 200
    assert len(page(functions, tenant).json["data"]) == 1


def test_a_request_that_died_after_its_batch_was_recorded_makes_no_second_one(
    functions: Functions,
    stack: MotoStack,
    tenant: TenantId,
    ports: Composition,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file_id = upload(functions, tenant).json["id"]
    headers = JSON | {"Idempotency-Key": "one"}
    with monkeypatch.context() as dying:
        dying.setattr(StepFunctionsExecutions, "start", raising(Died()))
        with pytest.raises(Died):
            create(functions, tenant, file_id, headers)
    [made] = page(functions, tenant).json["data"]
    time_is_over(stack, tenant)

    answer = create(functions, tenant, file_id, headers)

    assert (answer.status, answer.json) == (200, made)
    assert ports.executions.running(BatchId(made["id"]), 1)
    assert create(functions, tenant, file_id, JSON).json["id"] != made["id"]


@pytest.mark.parametrize("verb", ["get", "cancel"])
@pytest.mark.parametrize("batch_id", ["batch_0197b3a5c6001a2b3c4d5e6f", "nothing"])
def test_an_unknown_batch_is_not_found(
    functions: Functions, tenant: TenantId, verb: str, batch_id: str
) -> None:
    answer = on_batch(functions, tenant, verb, batch_id)

    assert answer.status == 404
    assert batch_id in answer.error["message"]


def test_a_batch_of_another_project_is_not_found(
    functions: Functions, tenant: TenantId, stranger: TenantId
) -> None:
    batch = create(functions, tenant).json

    assert on_batch(functions, stranger, "get", batch["id"]).status == 404
    assert on_batch(functions, stranger, "cancel", batch["id"]).status == 404
    assert page(functions, stranger).json["data"] == []
    assert on_batch(functions, tenant, "get", batch["id"]).json == batch


def test_cancelling_is_said_once_and_may_be_asked_again(
    functions: Functions, tenant: TenantId
) -> None:
    batch_id = create(functions, tenant).json["id"]

    first = on_batch(functions, tenant, "cancel", batch_id)
    second = on_batch(functions, tenant, "cancel", batch_id)

    assert (first.status, first.json["status"]) == (200, "cancelling")
    assert abs(first.json["cancelling_at"] - time.time()) < 5
    assert first.json["cancelled_at"] is None
    assert (second.status, second.json) == (200, first.json)


def test_a_batch_that_has_ended_cannot_be_cancelled(
    functions: Functions, tenant: TenantId, ports: Composition
) -> None:
    batch_id = create(functions, tenant).json["id"]
    fail(ports, tenant, batch_id)

    answer = on_batch(functions, tenant, "cancel", batch_id)

    assert (answer.status, answer.error["code"]) == (409, "batch_ended")
    assert answer.headers["x-should-retry"] == "false"


def test_a_failed_batch_says_why(
    functions: Functions, tenant: TenantId, ports: Composition
) -> None:
    batch_id = create(functions, tenant).json["id"]
    fail(ports, tenant, batch_id)

    batch = on_batch(functions, tenant, "get", batch_id).json

    assert batch["status"] == "failed"
    assert abs(batch["failed_at"] - time.time()) < 5
    assert batch["errors"] == {
        "object": "list",
        "data": [
            {
                "code": "invalid_json_line",
                "message": "Line 1 is no JSON.",
                "param": None,
                "line": 1,
            }
        ],
    }


def test_pages_of_batches_are_exact(
    functions: Functions, tenant: TenantId, ports: Composition
) -> None:
    made = several(functions, tenant, ports, 5)

    first = page(functions, tenant, limit="2").json
    second = page(functions, tenant, limit="2", after=first["last_id"]).json
    third = page(functions, tenant, limit="2", after=second["last_id"]).json
    exact = page(functions, tenant, limit="3", after=first["last_id"]).json

    ids = [[batch["id"] for batch in each["data"]] for each in (first, second, third)]
    assert ids == [made[:2], made[2:4], made[4:]]
    assert [each["has_more"] for each in (first, second, third)] == [True, True, False]
    assert (first["object"], first["first_id"], first["last_id"]) == ("list", made[0], made[1])
    assert [batch["id"] for batch in exact["data"]] == made[2:]
    assert exact["has_more"] is False


@pytest.mark.parametrize("letter", ["x", '"', "ü", "🥫"])
def test_a_page_of_batches_with_many_errors_fits_into_an_answer(
    functions: Functions, tenant: TenantId, ports: Composition, letter: str
) -> None:
    """Lambda answers with at most 6 MB."""
    ports.batch_limit_records.set(tenant, batches=100, requests=None)
    made = several(functions, tenant, ports, 40)
    errors = errors_kept([BatchError("bad", letter * 100, "body", n) for n in range(1_000)])
    for batch_id in made:
        batch = ports.batches.get(tenant, BatchId(batch_id))
        assert batch is not None
        assert ports.batches.fail(tenant, batch, errors, at=1)

    found: list[str] = []
    after: dict[str, str] = {}
    while True:
        answer = page(functions, tenant, limit="100", **after)
        assert len(json.dumps(answer.raw, ensure_ascii=False).encode()) < 6 * 10**6
        found += [batch["id"] for batch in answer.json["data"]]
        assert all(len(each["errors"]["data"]) == len(errors) for each in answer.json["data"])
        after = {"after": answer.json["last_id"]}
        if not answer.json["has_more"]:
            break

    assert found == made


def test_a_project_without_batches_has_an_empty_list(
    functions: Functions, tenant: TenantId
) -> None:
    upload(functions, tenant)

    assert page(functions, tenant).json == {
        "object": "list",
        "data": [],
        "first_id": None,
        "last_id": None,
        "has_more": False,
    }


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "101"}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"after": "file-0197b3a5c6001a2b3c4d5e6f"}, "after"),
    ],
)
def test_a_bad_query_is_named(
    functions: Functions, tenant: TenantId, query: dict[str, str], param: str
) -> None:
    answer = page(functions, tenant, **query)

    assert (answer.status, answer.error["param"]) == (400, param)


def test_batches_are_no_files(functions: Functions, tenant: TenantId) -> None:
    file_id = upload(functions, tenant).json["id"]
    create(functions, tenant, file_id)

    files = functions.call("files_list", tenant, queryStringParameters=None).json

    assert [file["id"] for file in files["data"]] == [file_id]
    assert get(functions, tenant, file_id).status == 200


def test_the_recorded_request_is_refused_without_its_file(
    functions: Functions, tenant: TenantId, stack: MotoStack
) -> None:
    answer = functions.call("batches_create", tenant)

    assert answer.status == 404
    assert stack.object_keys() == set()
