"""The Batches API through the official SDK, run by test_openai_python.py for each major version.

The operator's models are `client-good`, which answers, and `client-busy`, which never does.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from typing import TYPE_CHECKING

import openai
import pytest
from openai.types import Batch

if TYPE_CHECKING:
    from openai import OpenAI

ENDED = ("completed", "failed", "expired", "cancelled")
WITHIN = 120


def line(custom_id: str, text: str = "Hello", model: str = "client-good") -> bytes:
    body = {"model": model, "messages": [{"role": "user", "content": text}]}
    request = {"custom_id": custom_id, "method": "POST", "url": "/v1/chat/completions"}
    return json.dumps(request | {"body": body}).encode() + b"\n"


def input_file(client: OpenAI, *lines: bytes) -> str:
    return client.files.create(file=("questions.jsonl", b"".join(lines)), purpose="batch").id


def create(client: OpenAI, file_id: str) -> Batch:
    return client.batches.create(
        input_file_id=file_id, endpoint="/v1/chat/completions", completion_window="24h"
    )


def ended(client: OpenAI, batch_id: str) -> Batch:
    deadline = time.monotonic() + WITHIN
    while (batch := client.batches.retrieve(batch_id)).status not in ENDED:
        assert time.monotonic() < deadline, batch
        time.sleep(0.5)
    return batch


@pytest.fixture(scope="module")
def completed(client: OpenAI) -> Batch:
    """A batch that has ended, with two good answers and a bad one."""
    file_id = input_file(client, line("a"), line("b", "refuse this"), line("c"))
    created = client.batches.create(
        input_file_id=file_id,
        endpoint="/v1/chat/completions",
        completion_window="24h",
        metadata={"job": "nightly"},
        output_expires_after={"anchor": "created_at", "seconds": 7_200},
    )
    return ended(client, created.id)


def results(client: OpenAI, file_id: str | None) -> list[dict[str, object]]:
    assert file_id is not None
    return [json.loads(each) for each in client.files.content(file_id).text.splitlines()]


def test_create_returns_every_field_of_the_sdks_batch(client: OpenAI) -> None:
    before = int(time.time())
    file_id = input_file(client, line("a"))

    batch = create(client, file_id)

    # A field that the answer leaves out is not in this set.
    assert batch.model_fields_set == set(Batch.model_fields)
    assert (batch.object, batch.status, batch.input_file_id) == ("batch", "validating", file_id)
    assert before - 1 <= batch.created_at <= time.time() + 1
    assert batch.expires_at == batch.created_at + 86_400
    assert (batch.errors, batch.output_file_id, batch.error_file_id) == (None, None, None)
    ended(client, batch.id)


def test_a_completed_batch_has_counts_usage_and_files(completed: Batch) -> None:
    assert completed.status == "completed"
    assert completed.model_fields_set == set(Batch.model_fields)
    assert (completed.model, completed.metadata) == ("client-good", {"job": "nightly"})
    counts, usage = completed.request_counts, completed.usage
    assert counts is not None
    assert (counts.total, counts.completed, counts.failed) == (3, 2, 1)
    assert usage is not None
    assert usage.total_tokens == usage.input_tokens + usage.output_tokens > 0
    assert usage.input_tokens_details.cached_tokens >= 0
    assert usage.output_tokens_details.reasoning_tokens >= 0
    assert completed.completed_at is not None
    assert (completed.failed_at, completed.expired_at, completed.cancelled_at) == (None, None, None)


def test_the_result_files_are_read_with_files_content(client: OpenAI, completed: Batch) -> None:
    good = results(client, completed.output_file_id)
    bad = results(client, completed.error_file_id)

    assert [each["custom_id"] for each in good] == ["a", "c"]
    assert [each["custom_id"] for each in bad] == ["b"]
    for each in good:
        response = each["response"]
        assert isinstance(response, dict)
        assert openai.types.chat.ChatCompletion.model_validate(response["body"]).choices
        assert (response["status_code"], each["error"]) == (200, None)
    refusal = bad[0]["response"]
    assert isinstance(refusal, dict)
    assert (refusal["status_code"], refusal["body"]["error"]["code"]) == (400, "too_rude")


def test_a_result_file_is_a_file_that_expires_as_wanted(client: OpenAI, completed: Batch) -> None:
    assert completed.output_file_id is not None

    file = client.files.retrieve(completed.output_file_id)

    assert (file.purpose, file.filename) == ("batch_output", "questions_output.jsonl")
    assert file.expires_at == file.created_at + 7_200
    assert file.id in [each.id for each in client.files.list(purpose="batch_output")]


def test_an_invalid_file_is_reported_as_openai_does(client: OpenAI) -> None:
    created = create(client, input_file(client, line("a"), b"{]\n", line("a")))

    batch = ended(client, created.id)

    assert (created.status, batch.status) == ("validating", "failed")
    assert (batch.output_file_id, batch.error_file_id) == (None, None)
    assert batch.errors is not None
    assert batch.errors.object == "list"
    assert batch.errors.data is not None
    assert [(error.line, error.code) for error in batch.errors.data] == [
        (2, "invalid_json_line"),
        (3, "duplicate_custom_id"),
    ]
    assert all(error.message for error in batch.errors.data)


def test_list_pages_by_itself_newest_first(client: OpenAI, completed: Batch) -> None:
    made = [create(client, completed.input_file_id).id for _ in range(3)]

    listed = [batch.id for batch in client.batches.list(limit=2)]
    page = client.batches.list(limit=1, after=made[2])

    assert [each for each in listed if each in made] == made[::-1]
    assert len(set(listed)) == len(listed)
    assert [batch.id for batch in page.data] == [made[1]]
    assert page.has_next_page()
    assert page.get_next_page().data[0].id == made[0]
    for each in made:
        ended(client, each)


def test_a_cancelled_batch_is_cancelled_once(client: OpenAI) -> None:
    created = create(client, input_file(client, line("a", model="client-busy")))
    while (running := client.batches.retrieve(created.id)).status == "validating":
        time.sleep(0.5)

    cancelling = client.batches.cancel(created.id)
    batch = ended(client, created.id)
    with pytest.raises(openai.ConflictError, match="cancelled") as refusal:
        client.with_options(max_retries=5).batches.cancel(created.id)

    assert running.status == "in_progress"
    assert cancelling.status in {"cancelling", "cancelled"}
    assert cancelling.cancelling_at is not None
    assert batch.status == "cancelled"
    [line_] = results(client, batch.error_file_id)
    assert line_["response"] is None
    assert line_["error"]["code"] == "batch_cancelled"  # type: ignore[index]
    assert refusal.value.request.headers["x-stainless-retry-count"] == "0"


def test_refusals_become_the_sdks_own_errors(client: OpenAI) -> None:
    other = client.files.create(file=("a.jsonl", line("a")), purpose="user_data").id
    unknown = "file-" + "0" * 24

    with pytest.raises(openai.NotFoundError) as missing:
        create(client, unknown)
    with pytest.raises(openai.BadRequestError) as purpose:
        create(client, other)
    with pytest.raises(openai.BadRequestError) as endpoint:
        client.batches.create(
            input_file_id=other,
            endpoint="/v1/nothing",  # type: ignore[arg-type]
            completion_window="24h",
        )
    with pytest.raises(openai.NotFoundError):
        client.batches.retrieve("batch_" + "0" * 24)

    assert (missing.value.param, purpose.value.param) == ("input_file_id", "input_file_id")
    assert endpoint.value.param == "endpoint"


def test_the_async_client_does_the_same() -> None:
    async def run() -> Batch:
        async with openai.AsyncOpenAI(
            base_url=os.environ["LARDER_BASE_URL"],
            api_key=os.environ["LARDER_API_KEY"],
            _strict_response_validation=True,
        ) as client:
            file = await client.files.create(file=("q.jsonl", line("a")), purpose="batch")
            created = await client.batches.create(
                input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h"
            )
            assert created.id in [each.id async for each in client.batches.list(limit=100)]
            for _ in range(WITHIN):
                batch = await client.batches.retrieve(created.id)
                if batch.status in ENDED:
                    break
                await asyncio.sleep(1)
            return batch

    assert asyncio.run(run()).status == "completed"
