"""`larder batch` and `client.batches` against the deployed stack."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from larder_client import ApiError, AsyncClient, Client
from tests.e2e.models import models_for_clients, request_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.api import Api
    from tests.e2e.projects import NewProject, Operator, Project

ENDPOINT = "/v1/chat/completions"
LARDER = Path(sys.executable).with_name("larder")
WITHIN = 120


@pytest.fixture(scope="module", autouse=True)
def _models(operator: Operator) -> Iterator[None]:
    with models_for_clients(operator):
        yield


def start(project: Project, folder: Path, *arguments: str) -> subprocess.Popen[str]:
    reached = {
        "LARDER_BASE_URL": project.base_url,
        "LARDER_API_KEY": project.key,
        "XDG_STATE_HOME": str(folder / "state"),
    }
    return subprocess.Popen(  # noqa: S603 - the command under test
        [LARDER, "batch", *arguments],
        cwd=folder,
        env=os.environ | reached,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(project: Project, folder: Path, *arguments: str) -> tuple[int, str, str]:
    """Return the exit status, and what the command printed on either stream."""
    process = start(project, folder, *arguments)
    out, err = process.communicate(timeout=WITHIN)
    return process.returncode, out, err


def custom_ids(path: Path) -> list[str]:
    return [json.loads(line)["custom_id"] for line in path.read_bytes().splitlines()]


def test_a_run_that_is_killed_twice_makes_one_batch(
    new_project: NewProject, tmp_path: Path
) -> None:
    project = new_project()
    requests = [request_line(str(n), model="client-slow") for n in range(40)]
    requests[7] = request_line("7", "refuse this", model="client-slow")
    (tmp_path / "questions.jsonl").write_bytes(b"".join(requests))
    command = ("run", "questions.jsonl", "-o", "answers.jsonl", "--metadata", "job=nightly")
    state = tmp_path / "answers.jsonl.run"

    for known in (b"run_id", b'"batch_id":"batch_'):
        process = start(project, tmp_path, *command)
        deadline = time.monotonic() + WITHIN
        while not state.exists() or known not in state.read_bytes():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.kill()
        process.communicate()
    status, out, err = run(project, tmp_path, *command)

    assert (status, out) == (4, "answers.jsonl\n"), err
    assert custom_ids(tmp_path / "answers.jsonl") == [str(n) for n in range(40) if n != 7]
    assert custom_ids(tmp_path / "answers.errors.jsonl") == ["7"]
    assert "1  HTTP 400 too_rude" in err
    assert not state.exists()
    with Client(project.base_url, project.key) as larder:
        [batch] = larder.batches.list()
    assert (batch.status, batch.metadata) == ("completed", {"job": "nightly"})


def test_the_steps_of_a_batch_one_by_one(project: Project, tmp_path: Path) -> None:
    (tmp_path / "questions.jsonl").write_bytes(request_line("a") + request_line("b"))

    status, out, err = run(project, tmp_path, "create", "questions.jsonl", "--wait")
    batch_id = out.strip()
    assert status == 0, err
    assert "2 of 2 requests answered" in err
    assert batch_id in run(project, tmp_path, "list")[1]
    assert json.loads(run(project, tmp_path, "show", batch_id, "--json")[1])["id"] == batch_id
    saved, _, err = run(project, tmp_path, "results", batch_id, "-o", "answers.jsonl")
    refused, _, message = run(project, tmp_path, "cancel", batch_id)

    assert saved == 0, err
    assert custom_ids(tmp_path / "answers.jsonl") == ["a", "b"]
    assert (refused, "cannot be cancelled" in message) == (1, True)


def test_a_stored_file_is_run_by_its_id(project: Project, api: Api, tmp_path: Path) -> None:
    file_id = api.create_file(request_line("a"), "questions.jsonl", "batch")["id"]

    status, _, err = run(project, tmp_path, "create", file_id, "--wait")
    saved, out, _ = run(project, tmp_path, "results", file_id)

    assert (status, saved, out) == (0, 0, "questions_output.jsonl\n"), err
    assert custom_ids(tmp_path / "questions_output.jsonl") == ["a"]


def test_the_async_client_runs_a_batch(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_bytes(request_line("a") + request_line("b", "refuse this"))

    async def answers() -> list[tuple[str, str | None]]:
        async with AsyncClient(project.base_url, project.key) as larder:
            sent = await larder.put(path)
            created = await larder.batches.create(
                sent.file.id, ENDPOINT, metadata={"job": "nightly"}, output_expires_after=7_200
            )
            batch = await larder.batches.wait(created.id, within=WITHIN)
            assert (batch.status, batch.metadata) == ("completed", {"job": "nightly"})
            assert batch.output_file_id is not None
            output = await larder.file(batch.output_file_id)
            assert output.expires_at == output.created_at + 7_200
            return [
                (result.custom_id, None if result.good else result.reason)
                async for result in larder.batches.results(batch.id)
            ]

    assert asyncio.run(answers()) == [("a", None), ("b", "HTTP 400 too_rude")]


def test_a_retry_runs_what_has_no_good_answer(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_bytes(request_line("a") + request_line("b", "refuse this") + request_line("c"))
    _, first, _ = run(project, tmp_path, "create", "questions.jsonl", "--wait")

    status, second, err = run(project, tmp_path, "retry", first.strip(), "--wait")
    again = run(project, tmp_path, "retry", first.strip())[1]
    saved = run(project, tmp_path, "results", second.strip(), "-o", "answers.jsonl")[0]

    assert (status, saved, again) == (4, 4, second), err
    assert custom_ids(tmp_path / "answers.errors.jsonl") == ["b"]
    with Client(project.base_url, project.key) as larder:
        batch = larder.batches.retrieve(second.strip())
        assert batch.metadata == {"larder_retry_of": first.strip()}
        assert [result.custom_id for result in larder.batches.results(batch.id)] == ["b"]


def test_a_batch_with_good_answers_alone_has_nothing_to_retry(
    project: Project, tmp_path: Path
) -> None:
    (tmp_path / "questions.jsonl").write_bytes(request_line("a"))
    _, batch_id, _ = run(project, tmp_path, "create", "questions.jsonl", "--wait")

    status, _, err = run(project, tmp_path, "retry", batch_id.strip())

    assert status == 1
    assert "nothing to retry" in err


def test_a_batch_is_cancelled_once(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_bytes(request_line("a", model="client-busy"))

    with Client(project.base_url, project.key) as larder:
        created = larder.batches.create(larder.put(path).file.id, ENDPOINT)
        assert larder.batches.cancel(created.id).status in {"cancelling", "cancelled"}
        assert larder.batches.wait(created.id, within=WITHIN).status == "cancelled"
        with pytest.raises(ApiError, match="cannot be cancelled"):
            larder.batches.cancel(created.id)
