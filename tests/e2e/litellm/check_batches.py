"""Files and batches through LiteLLM as a client, run by test_litellm.py.

The operator's model `client-good` answers, and `client-busy` never does.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from typing import Any

import litellm
import openai
import pytest

ENDED = ("completed", "failed", "expired", "cancelled")
WITHIN = 120

LARDER: dict[str, Any] = {
    "custom_llm_provider": "openai",
    "api_base": os.environ["LARDER_BASE_URL"],
    "api_key": os.environ["LARDER_API_KEY"],
}


def of_file(file_id: str) -> dict[str, Any]:
    # Made anew each time: LiteLLM adds to the metadata that it is given.
    return {
        "input_file_id": file_id,
        "completion_window": "24h",
        "endpoint": "/v1/chat/completions",
        "metadata": {"job": "nightly"},
    } | LARDER


def line(custom_id: str, text: str = "Hello", model: str = "client-good") -> bytes:
    body = {"model": model, "messages": [{"role": "user", "content": text}]}
    request = {"custom_id": custom_id, "method": "POST", "url": "/v1/chat/completions"}
    return json.dumps(request | {"body": body}).encode() + b"\n"


def ended(batch_id: str) -> Any:
    deadline = time.monotonic() + WITHIN
    while (batch := litellm.retrieve_batch(batch_id=batch_id, **LARDER)).status not in ENDED:
        assert time.monotonic() < deadline, batch
        time.sleep(0.5)
    return batch


def results(file_id: str) -> list[Any]:
    content = litellm.file_content(file_id=file_id, **LARDER)
    return [json.loads(each) for each in content.text.splitlines()]


def test_a_batch_runs_from_its_file_to_its_results() -> None:
    async def start() -> Any:
        data = line("a") + line("b", "refuse this") + line("c")
        file = await litellm.acreate_file(file=("questions.jsonl", data), purpose="batch", **LARDER)
        created = await litellm.acreate_batch(**of_file(file.id))
        again = await litellm.aretrieve_batch(batch_id=created.id, **LARDER)
        assert again.id == created.id
        return created

    created = asyncio.run(start())
    batch = ended(created.id)

    assert (created.object, created.status) == ("batch", "validating")
    assert (batch.status, batch.metadata) == ("completed", {"job": "nightly"})
    counts = batch.request_counts
    assert (counts.total, counts.completed, counts.failed) == (3, 2, 1)
    assert [each["custom_id"] for each in results(batch.output_file_id)] == ["a", "c"]
    [bad] = results(batch.error_file_id)
    assert (bad["custom_id"], bad["response"]["status_code"]) == ("b", 400)
    assert created.id in [each.id for each in litellm.list_batches(limit=10, **LARDER).data]


def test_a_batch_is_cancelled_once() -> None:
    file = litellm.create_file(
        file=("questions.jsonl", line("a", model="client-busy")), purpose="batch", **LARDER
    )
    batch_id = litellm.create_batch(**of_file(file.id)).id

    cancelling = litellm.cancel_batch(batch_id=batch_id, **LARDER)
    batch = ended(batch_id)
    with pytest.raises(openai.ConflictError, match="cancelled"):
        litellm.cancel_batch(batch_id=batch_id, **LARDER)

    assert cancelling.status in {"cancelling", "cancelled"}
    assert batch.status == "cancelled"


def test_an_invalid_file_is_reported_as_openai_does() -> None:
    file = litellm.create_file(file=("questions.jsonl", b"{]\n"), purpose="batch", **LARDER)

    batch = ended(litellm.create_batch(**of_file(file.id)).id)

    assert batch.status == "failed"
    assert [(error.line, error.code) for error in batch.errors.data] == [(1, "invalid_json_line")]
