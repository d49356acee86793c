"""The scripted server of models, as a process of its own: others drive whole batches with it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]


@pytest.fixture
def base_url(tmp_path: Path) -> Iterator[str]:
    """A server that answers the first call with 429, and wants a key."""
    script = tmp_path / "rules.json"
    script.write_text(json.dumps([{"status": 429, "retry_after": 2, "times": 1}]))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    command = ["-m", "tests.fakes.model_server", "--port", str(port), "--script", str(script)]
    with subprocess.Popen(  # noqa: S603 - our own interpreter and server
        [sys.executable, *command], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == f"models at http://127.0.0.1:{port}/v1\n"
        yield f"http://127.0.0.1:{port}"
        process.terminate()


def request(url: str, data: Any = None, method: str | None = None) -> Any:
    asked = urllib.request.Request(  # noqa: S310 - the server above
        url, None if data is None else json.dumps(data).encode(), method=method
    )
    try:
        with urllib.request.urlopen(asked, timeout=10) as answer:  # noqa: S310
            return json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["Retry-After"]


def test_it_answers_by_its_script_and_tells_what_it_was_asked(base_url: str) -> None:
    question = {"model": "m", "messages": [{"role": "user", "content": "2 + 2?"}]}

    refused = request(f"{base_url}/v1/chat/completions", question)
    answer = request(f"{base_url}/v1/chat/completions", question)

    assert refused == (429, "2")
    assert answer["choices"][0]["message"]["content"] == "2 + 2?"
    assert answer["usage"] == {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}
    calls = request(f"{base_url}/_calls")
    assert [(call["path"], call["text"], call["outcome"]) for call in calls] == [
        ("/v1/chat/completions", "2 + 2?", 429),
        ("/v1/chat/completions", "2 + 2?", 200),
    ]
    assert request(f"{base_url}/v1/models")["data"][0]["object"] == "model"


def test_its_script_may_change(base_url: str) -> None:
    request(f"{base_url}/_script", [{"path": "/v1/embeddings", "status": 503}], "PUT")

    assert request(f"{base_url}/v1/embeddings", {"input": "x"}) == (503, None)
    answer = request(f"{base_url}/v1/responses", {"input": "x"})
    assert answer["output"][0]["content"][0]["text"] == "x"
    assert answer["usage"]["input_tokens"] == 7


@pytest.mark.parametrize(
    ("path", "asked", "there"),
    [
        ("embeddings", {"input": ["a", "b"]}, "data"),
        ("completions", {"prompt": "a"}, "choices"),
        ("moderations", {"input": "a"}, "results"),
        ("responses", {"input": "a"}, "output"),
    ],
)
def test_every_endpoint_has_its_form_of_answer(
    base_url: str, path: str, asked: dict[str, Any], there: str
) -> None:
    request(f"{base_url}/_script", [], "PUT")

    assert request(f"{base_url}/v1/{path}", asked)[there]
