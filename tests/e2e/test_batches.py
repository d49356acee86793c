"""Batches on the deployed stack: created, run against a server of models, and read back."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from larder.domain.upstreams import Upstream
from tests.e2e.api import assert_refused, batch_lines, eventually
from tests.e2e.batches import ENDPOINT, an_upstream, batch_file, create, ended, lines_of
from tests.fakes.model_script import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from tests.e2e.api import Api
    from tests.e2e.projects import NewProject, Operator
    from tests.fakes.model_server import ModelServer


@pytest.fixture(scope="module")
def upstream(operator: Operator) -> Iterator[ModelServer]:
    """The one server of models that the operator has set up."""
    with an_upstream(operator, "gpt-*") as server:
        yield server


@pytest.fixture
def models(upstream: ModelServer) -> ModelServer:
    """The server, giving good answers until a test scripts others."""
    upstream.calls.clear()
    upstream.script([])
    return upstream


def custom_ids(count: int) -> list[str]:
    return [f"request-{number}" for number in range(1, count + 1)]


def test_a_batch_of_60_lines_completes(api: Api, models: ModelServer) -> None:
    file_id = batch_file(api, batch_lines(60))

    created = create(api, file_id, metadata={"job": "nightly"})
    batch = ended(api, created["id"])

    assert (created["status"], created["output_file_id"]) == ("validating", None)
    assert (batch["status"], batch["errors"], batch["error_file_id"]) == ("completed", None, None)
    assert batch["request_counts"] == {"total": 60, "completed": 60, "failed": 0}
    assert (batch["model"], batch["metadata"]) == ("gpt-5-mini", {"job": "nightly"})
    times = [batch[f"{name}_at"] for name in ("created", "in_progress", "finalizing", "completed")]
    assert times == sorted(times)
    lines = lines_of(api, batch["output_file_id"])
    assert [line["custom_id"] for line in lines] == custom_ids(60)
    assert all(line["response"]["status_code"] == 200 for line in lines)
    assert len({line["id"] for line in lines}) == 60
    usages = [line["response"]["body"]["usage"] for line in lines]
    assert batch["usage"]["input_tokens"] == sum(usage["prompt_tokens"] for usage in usages) > 0
    assert batch["usage"]["output_tokens"] == sum(usage["completion_tokens"] for usage in usages)
    assert batch["usage"]["total_tokens"] == sum(usage["total_tokens"] for usage in usages)
    assert len(models.calls) == 60


def test_an_output_file_is_a_file_of_the_project(api: Api, models: ModelServer) -> None:
    used = api.usage()["files"]["used"]
    batch = ended(api, create(api, batch_file(api, batch_lines(1)))["id"])

    file = api.file(batch["output_file_id"])

    assert len(models.calls) == 1
    assert (file["purpose"], file["status"]) == ("batch_output", "processed")
    assert file["filename"] == "questions_output.jsonl"
    assert file["bytes"] == len(api.content(file["id"]).content)
    assert file["id"] in api.listed(purpose="batch_output")
    assert api.usage()["files"]["used"] == used + 2  # the input and the output


def test_what_failed_is_retried_while_the_input_is_gone(api: Api, models: ModelServer) -> None:
    refusal = {"error": {"message": "No.", "type": "invalid_request_error"}}
    models.script([Rule(contains='"Hello 2"', status=400, body=refusal)])
    file_id = batch_file(api, batch_lines(3))
    first = ended(api, create(api, file_id, metadata={"job": "nightly"})["id"])
    api.json("DELETE", f"/files/{file_id}")
    models.script([])
    models.calls.clear()

    made = api.json("POST", f"/batches/{first['id']}/retry")
    again = api.json("POST", f"/batches/{first['id']}/retry")
    second = ended(api, made["id"])

    assert again["id"] == made["id"]
    assert made["request_counts"]["total"] == 1
    assert made["metadata"] == {"job": "nightly", "larder_retry_of": first["id"]}
    assert (second["status"], second["error_file_id"]) == ("completed", None)
    [line] = lines_of(api, second["output_file_id"])
    assert line["custom_id"] == "request-2"
    assert len(models.calls) == 1
    file = api.file(second["input_file_id"])
    assert (file["filename"], file["purpose"]) == ("questions_retry.jsonl", "batch")
    refused = api.send("POST", f"/batches/{second['id']}/retry")
    assert_refused(refused, 400, code="nothing_to_retry", param="batch_id")


def test_lines_that_fail_go_to_the_error_file(api: Api, models: ModelServer) -> None:
    refusal = {"error": {"message": "No.", "type": "invalid_request_error"}}
    models.script(
        [Rule(contains=f'"Hello {number}"', status=400, body=refusal) for number in (2, 5)]
    )

    batch = ended(api, create(api, batch_file(api, batch_lines(6)))["id"])

    assert (batch["status"], batch["errors"]) == ("completed", None)
    assert batch["request_counts"] == {"total": 6, "completed": 4, "failed": 2}
    good, bad = (lines_of(api, batch[f"{kind}_file_id"]) for kind in ("output", "error"))
    assert [line["custom_id"] for line in bad] == ["request-2", "request-5"]
    assert [line["response"]["status_code"] for line in bad] == [400, 400]
    assert [line["response"]["body"] for line in bad] == [refusal, refusal]
    assert [line["custom_id"] for line in good] == [
        each for each in custom_ids(6) if each not in {"request-2", "request-5"}
    ]


def test_a_cancelled_batch_keeps_the_answers_it_has(api: Api, models: ModelServer) -> None:
    # The others answer only when the batch has been cancelled for long.
    models.script([Rule(contains=f'"Hello {number}"') for number in (1, 2, 3)] + [Rule(status=503)])
    batch_id = create(api, batch_file(api, batch_lines(20)))["id"]
    eventually(lambda: Counter(call.outcome for call in models.calls)[200], lambda n: n == 3, 60)

    cancelling = api.json("POST", f"/batches/{batch_id}/cancel")
    batch = ended(api, batch_id)

    assert cancelling["status"] in {"cancelling", "cancelled"}
    assert batch["status"] == "cancelled"
    assert batch["cancelling_at"] <= batch["cancelled_at"]
    assert batch["request_counts"] == {"total": 20, "completed": 3, "failed": 17}
    good, bad = (lines_of(api, batch[f"{kind}_file_id"]) for kind in ("output", "error"))
    assert [line["custom_id"] for line in good] == custom_ids(3)
    assert [line["custom_id"] for line in bad] == custom_ids(20)[3:]
    assert {line["error"]["code"] for line in bad} == {"batch_cancelled"}
    again = api.send("POST", f"/batches/{batch_id}/cancel")
    assert_refused(again, 409, code="batch_ended")
    assert again.headers["x-should-retry"] == "false"


def test_a_batch_of_an_invalid_file_fails_with_the_errors(api: Api, models: ModelServer) -> None:
    first, second = batch_lines(2).splitlines(keepends=True)

    batch = ended(api, create(api, batch_file(api, first + b"{]\n" + second))["id"])

    assert (batch["status"], batch["output_file_id"], batch["error_file_id"]) == (
        "failed",
        None,
        None,
    )
    assert batch["failed_at"] >= batch["created_at"]
    [error] = batch["errors"]["data"]
    assert (error["code"], error["line"]) == ("invalid_json_line", 2)
    assert models.calls == []


def test_a_batch_for_another_endpoint_than_its_lines_fails(api: Api, models: ModelServer) -> None:
    file_id = batch_file(api, batch_lines(2))

    batch = ended(api, create(api, file_id, endpoint="/v1/embeddings")["id"])

    assert batch["status"] == "failed"
    [error] = batch["errors"]["data"]
    assert (error["code"], error["param"]) == ("url_mismatch", "endpoint")
    assert models.calls == []


def test_batches_that_are_created_at_once_stay_within_the_projects_limits(
    new_project: NewProject, operator: Operator
) -> None:
    away = Upstream("away", "http://127.0.0.1:9/v1", ("away",), created_at=int(time.time()))
    operator.upstreams.put(away)
    project = new_project()
    operator.batch_limits.set(project.id, batches=None, requests=7)
    with project.api() as api:
        file_id = batch_file(api, batch_lines(2).replace(b"gpt-5-mini", b"away"))
        api.settled(file_id)

        def send(_: int) -> httpx.Response:
            sent = {"input_file_id": file_id, "endpoint": ENDPOINT}
            return api.send("POST", "/batches", json=sent)

        with ThreadPoolExecutor(8) as clients:
            answers = list(clients.map(send, range(8)))

        made = [answer.json()["id"] for answer in answers if answer.is_success]
        assert len(made) == 3
        for answer in answers:
            if not answer.is_success:
                assert_refused(
                    answer, 429, code="rate_limit_exceeded", kind="rate_limit_error", says=" of 7 "
                )
        assert api.usage()["batch_requests"] == {"running": 6, "limit": 7}
        for batch_id in made:
            api.json("POST", f"/batches/{batch_id}/cancel")
        for batch_id in made:
            assert ended(api, batch_id)["status"] == "cancelled"
        assert api.usage()["batches"] == {"running": 0, "limit": 10}
        assert api.usage()["batch_requests"] == {"running": 0, "limit": 7}
    operator.upstreams.remove("away")
