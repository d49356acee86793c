"""`client.batches`, with both clients, on a fake Larder."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from larder_client import (
    ApiError,
    BatchNotEndedError,
    ConnectionFailedError,
    UnexpectedAnswerError,
    WaitTimeoutError,
)
from tests.fakes.http_faults import api_error, cut_after, respond_with, response_lost
from tests.fakes.larder_batches import not_asked, refused, requests
from tests.fakes.larder_clients import Caller
from tests.fakes.larder_http import FakeLarder

if TYPE_CHECKING:
    from larder_client import Batch

ENDPOINT = "/v1/chat/completions"
READ = "GET /v1/batches/.*"


@pytest.fixture
def fake() -> FakeLarder:
    return FakeLarder()


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def larder(fake: FakeLarder, request: pytest.FixtureRequest) -> Caller:
    return Caller(fake, asynchronous=request.param)


def create(larder: Caller, count: int = 3, **options: Any) -> Batch:
    file_id = larder.fake.add_file(requests(count), "questions.jsonl", purpose="batch")
    batch: Batch = larder.call("batches.create", file_id, ENDPOINT, **options)
    return batch


def test_a_batch_is_created_waited_for_and_read(larder: Caller) -> None:
    larder.fake.batches.bad = {"request-2": refused(400, "context_length_exceeded")}
    created = create(larder)
    seen: list[str] = []

    batch = larder.call("batches.wait", created.id, progress=lambda each: seen.append(each.status))
    good, another, bad = larder.listed("batches.results", batch_id=batch.id)

    assert (created.status, created.ended, created.completion_window) == (
        "validating",
        False,
        "24h",
    )
    assert seen == ["in_progress", "completed"]
    assert (batch.status, batch.ended, batch.ended_at) == ("completed", True, batch.completed_at)
    assert batch.request_counts.ended == batch.request_counts.total == 3
    assert (batch.usage.total_tokens, batch.usage.output_tokens_details.reasoning_tokens) == (26, 2)
    assert [good.custom_id, another.custom_id] == ["request-1", "request-3"]
    assert good.good
    assert good.response.body["choices"][0]["message"]["content"] == "The answer to request-1."
    assert (bad.custom_id, bad.good) == ("request-2", False)
    assert bad.reason == "HTTP 400 context_length_exceeded"


def test_what_is_not_given_is_not_sent(larder: Caller) -> None:
    batch = create(larder)

    asked = larder.fake.batches.all[batch.id]["asked"]
    assert asked == {
        "input_file_id": batch.input_file_id,
        "endpoint": ENDPOINT,
        "completion_window": "24h",
    }


def test_options_are_sent_in_openais_form(larder: Caller) -> None:
    batch = create(
        larder, completion_window="3h", metadata={"job": "nightly"}, output_expires_after=7_200
    )

    asked = larder.fake.batches.all[batch.id]["asked"]
    assert (batch.completion_window, batch.metadata) == ("3h", {"job": "nightly"})
    assert asked["output_expires_after"] == {"anchor": "created_at", "seconds": 7_200}


def test_a_lost_answer_does_not_create_a_second_batch(larder: Caller) -> None:
    larder.fake.fault("POST /v1/batches", response_lost)

    batch = create(larder)

    assert list(larder.fake.batches.all) == [batch.id]


def test_one_idempotency_key_creates_one_batch(larder: Caller) -> None:
    first, second, other = (create(larder, idempotency_key=key) for key in ("a", "a", "b"))

    assert first == second
    assert other.id != first.id


def test_get_is_short_for_retrieve(larder: Caller) -> None:
    batch = create(larder)

    assert larder.call("batches.get", batch.id).id == batch.id
    assert larder.call("batches.retrieve", batch.id).status == "completed"


@pytest.mark.parametrize("method", ["batches", "batches.list"])
def test_all_batches_are_listed_newest_first(larder: Caller, method: str) -> None:
    ids = [create(larder).id for _ in range(5)]

    assert [batch.id for batch in larder.listed(method, page_size=2)] == ids[::-1]


def test_a_page_says_whether_there_are_more(larder: Caller) -> None:
    ids = [create(larder).id for _ in range(3)]

    page = larder.call("batches.page", limit=2)
    rest = larder.call("batches.page", limit=2, after=page.data[-1].id)

    assert ([batch.id for batch in page.data], page.has_more) == (ids[:0:-1], True)
    assert ([batch.id for batch in rest.data], rest.has_more) == (ids[:1], False)


def test_a_batch_is_cancelled_once(larder: Caller) -> None:
    batch = create(larder)

    cancelling = larder.call("batches.cancel", batch.id)
    ended = larder.call("batches.wait", batch.id)
    larder.fake.requests.clear()
    with pytest.raises(ApiError, match="cannot be cancelled") as refusal:
        larder.call("batches.cancel", batch.id)

    assert (cancelling.status, ended.status) == ("cancelling", "cancelled")
    assert (refusal.value.status, refusal.value.code) == (409, "batch_ended")
    assert len(larder.fake.requests) == 1


def test_a_batch_is_retried_by_one_other(larder: Caller) -> None:
    batch = larder.call("batches.wait", create(larder).id)
    larder.fake.fault("POST /v1/batches/.*/retry", response_lost)

    retried = larder.call("batches.retry", batch.id)
    again = larder.call("batches.retry", batch.id)

    assert list(larder.fake.batches.all) == [batch.id, retried.id]
    assert again.id == retried.id
    assert retried.metadata == {"larder_retry_of": batch.id}


def test_a_batch_that_runs_is_not_retried(larder: Caller) -> None:
    batch = create(larder)

    with pytest.raises(ApiError) as refusal:
        larder.call("batches.retry", batch.id)

    assert refusal.value.code == "batch_running"
    assert larder.pauses == []


def test_waiting_gives_up_after_the_time_given(larder: Caller) -> None:
    larder.fake.batches.reads = 1_000
    batch = create(larder)

    with pytest.raises(WaitTimeoutError, match="60 seconds"):
        larder.call("batches.wait", batch.id, within=60)

    assert 60 <= sum(larder.pauses) < 80
    assert max(larder.pauses) <= 10


def test_waiting_outlasts_a_network_that_is_away_for_minutes(larder: Caller) -> None:
    batch = create(larder)
    larder.fake.fault(READ, cut_after(0), times=60)
    larder.fake.fault(READ, respond_with(api_error(503, "Busy.")), times=30)

    assert larder.call("batches.wait", batch.id).status == "completed"


def test_waiting_ends_when_no_answer_comes_for_five_minutes(larder: Caller) -> None:
    batch = create(larder)
    larder.fake.fault(READ, cut_after(0), times=100_000)

    with pytest.raises(ConnectionFailedError):
        larder.call("batches.wait", batch.id)

    assert 300 <= sum(larder.pauses) < 600


@pytest.mark.parametrize(("status", "code"), [(401, "invalid_api_key"), (404, None)])
def test_waiting_ends_at_once_for_a_reason_that_stays(
    larder: Caller, status: int, code: str | None
) -> None:
    batch = create(larder)
    larder.fake.fault(READ, respond_with(api_error(status, "No.", code)), times=1)

    with pytest.raises(ApiError):
        larder.call("batches.wait", batch.id)

    assert larder.pauses == []


def test_a_batch_that_runs_has_no_results(larder: Caller) -> None:
    batch = create(larder)

    with pytest.raises(BatchNotEndedError, match="in_progress: wait"):
        larder.listed("batches.results", batch_id=batch.id)


def test_a_failed_batch_has_its_errors_and_no_results(larder: Caller) -> None:
    problem = {"code": "invalid_json_line", "message": "No JSON.", "line": 2, "param": None}
    larder.fake.batches.end = "failed"
    larder.fake.batches.errors = [problem]

    batch = larder.call("batches.wait", create(larder).id)

    [error] = batch.errors.data
    assert (error.code, error.message, error.line) == ("invalid_json_line", "No JSON.", 2)
    assert larder.listed("batches.results", batch_id=batch.id) == []


def test_a_request_that_was_not_sent_has_a_reason(larder: Caller) -> None:
    larder.fake.batches.bad = {"request-1": not_asked("batch_expired")}
    larder.fake.batches.end = "expired"
    batch = larder.call("batches.wait", create(larder, 1).id)

    [result] = larder.listed("batches.results", batch_id=batch.id)

    assert (result.response, result.good, result.reason) == (None, False, "batch_expired")


@pytest.mark.parametrize("body", [{}, {"error": "broken"}, {"error": {"code": 7}}])
def test_a_reason_is_the_status_when_the_answer_has_no_code(
    larder: Caller, body: dict[str, Any]
) -> None:
    line = refused(500, None)
    line["response"]["body"] = body
    larder.fake.batches.bad = {"request-1": line}
    batch = larder.call("batches.wait", create(larder, 1).id)

    [result] = larder.listed("batches.results", batch_id=batch.id)

    assert result.reason == "HTTP 500"


def test_a_file_that_is_no_result_file_is_refused(larder: Caller) -> None:
    batch = larder.call("batches.wait", create(larder).id)
    file_id = larder.fake.add_file(json.dumps([1]).encode())
    larder.fake.batches.all[batch.id]["output_file_id"] = file_id

    with pytest.raises(UnexpectedAnswerError, match=file_id):
        larder.listed("batches.results", batch_id=batch.id)
