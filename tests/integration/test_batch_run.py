"""`larder batch run`, on a fake Larder: interrupted at any request, it makes one batch."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from larder_cli.shared import run_state
from tests.fakes.http_faults import (
    ConnectionDroppedError,
    api_error,
    cut_after,
    respond_with,
)
from tests.fakes.larder_batches import refused, requests
from tests.fakes.larder_http import MIB, FakeLarder
from tests.support.cli import Printed, larder
from tests.support.fake_shell import fake_shell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.fakes.http_faults import Request, Response

ARGUMENTS = ("batch", "run", "questions.jsonl", "-o", "answers.jsonl")
CREATE = "POST /v1/batches"
STATE = Path("answers.jsonl.run")


@pytest.fixture(autouse=True)
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeLarder]:
    with fake_shell(tmp_path, monkeypatch) as fake:
        fake.batches.bad = {"request-2": refused(400, "x")}
        ask(3)
        yield fake


def ask(count: int) -> None:
    Path("questions.jsonl").write_bytes(requests(count))


def run(*options: str) -> Printed:
    return larder(*ARGUMENTS, *options)


def custom_ids(name: str) -> list[str]:
    return [json.loads(line)["custom_id"] for line in Path(name).read_bytes().splitlines()]


def assert_saved() -> None:
    assert custom_ids("answers.jsonl") == ["request-1", "request-3"]
    assert custom_ids("answers.errors.jsonl") == ["request-2"]
    left = {"answers.jsonl", "answers.errors.jsonl"}
    assert {path.name for path in Path.cwd().glob("answers*")} == left


def test_one_command_takes_requests_to_answers(fake: FakeLarder) -> None:
    done = run("--window", "3h", "--metadata", "job=nightly")

    [made] = fake.batches.all.values()
    assert (done.exit_code, done.stdout) == (4, "answers.jsonl\n")
    assert_saved()
    assert (made["completion_window"], made["metadata"]) == ("3h", {"job": "nightly"})
    assert "1 of 3 requests failed: see answers.errors.jsonl" in done.stderr
    assert "1  HTTP 400 x" in done.stderr
    assert "26 tokens" in done.stderr


def test_only_good_answers_are_a_success(fake: FakeLarder) -> None:
    fake.batches.bad = {}

    done = run("--json")

    assert done.exit_code == 0
    assert (done.json["output"], done.json["errors"], done.json["failed"]) == (
        "answers.jsonl",
        None,
        {},
    )
    assert not Path("answers.errors.jsonl").exists()


def test_an_invalid_file_is_not_uploaded(fake: FakeLarder) -> None:
    Path("questions.jsonl").write_bytes(b"{]\n")

    done = run()

    assert done.exit_code == 1
    assert "invalid_json_line" in done.stderr
    assert fake.requests == []
    assert not STATE.exists()


@pytest.mark.parametrize("name", ["answers.jsonl", "answers.errors.jsonl"])
def test_existing_answers_stop_the_run_before_it_begins(fake: FakeLarder, name: str) -> None:
    Path(name).write_bytes(b"mine")

    kept = run()
    assert (Path(name).read_bytes(), fake.requests, STATE.exists()) == (b"mine", [], False)
    forced = run("--force")

    assert kept.exit_code == 1
    assert f"{name} already exists" in kept.stderr
    assert forced.exit_code == 4
    assert_saved()


@pytest.mark.parametrize("output", ["-", "."])
def test_the_answers_go_to_a_file(output: str) -> None:
    done = larder("batch", "run", "questions.jsonl", "-o", output)

    assert done.exit_code == 2


def test_a_failed_batch_has_no_answers(fake: FakeLarder) -> None:
    fake.batches.end = "failed"
    fake.batches.errors = [{"code": "model_not_found", "message": "No such model.", "line": 1}]

    done = run()

    assert done.exit_code == 1
    assert "No such model." in done.stderr
    assert not list(Path.cwd().glob("answers*"))


@pytest.mark.parametrize("end", ["expired", "cancelled"])
def test_a_batch_that_was_cut_short_keeps_its_answers(fake: FakeLarder, end: str) -> None:
    fake.batches.end = end
    fake.batches.bad = {}

    done = run()

    assert done.exit_code == 4
    assert end in done.stderr
    assert len(custom_ids("answers.jsonl")) == 3


# The requests of a run of a small file, in order; each may be the last one that is sent.
REQUESTS = (
    "POST /v1/files",
    CREATE,
    "GET /v1/batches/batch_.*",
    "GET /v1/files/file-0*2",
    "GET /v1/files/file-0*2/content",
    "GET /v1/files/file-0*3",
    "GET /v1/files/file-0*3/content",
)


def interrupt(*, after: bool) -> Callable[[Request, Callable[[Request], Response]], Response]:
    """Type Ctrl-C before or after the server has processed the request."""

    def effect(request: Request, normal: Callable[[Request], Response]) -> Response:
        if after:
            normal(request)
        os.kill(os.getpid(), signal.SIGINT)
        raise ConnectionDroppedError

    return effect


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("request_line", REQUESTS)
def test_after_ctrl_c_the_same_command_ends_the_same_batch(
    fake: FakeLarder, request_line: str, *, after: bool
) -> None:
    fake.fault(request_line, interrupt(after=after))

    stopped = run()
    done = run()

    assert stopped.exit_code == 130
    assert "Run the same command again to go on." in stopped.stderr
    assert done.exit_code == 4, done.stderr
    assert len(fake.batches.all) == 1
    assert_saved()


@pytest.mark.parametrize("request_line", REQUESTS)
def test_after_a_lost_connection_the_same_command_ends_the_same_batch(
    fake: FakeLarder, request_line: str
) -> None:
    fake.fault(request_line, cut_after(0), times=10_000)

    stopped = run()
    fake.faults.clear()
    done = run()

    assert stopped.exit_code == 3
    assert "Run the same command again to go on." in stopped.stderr
    assert done.exit_code == 4, done.stderr
    assert len(fake.batches.all) == 1
    assert_saved()


@pytest.mark.parametrize("request_line", [CREATE, "GET /v1/batches/batch_.*", REQUESTS[-1]])
def test_after_kill_9_the_same_command_ends_the_same_batch(
    fake: FakeLarder, request_line: str
) -> None:
    command = [sys.executable, "-m", "larder_cli", *ARGUMENTS]
    with subprocess.Popen(command) as process:  # noqa: S603 - the command under test

        def kill(request: Request, normal: Callable[[Request], Response]) -> Response:
            normal(request)
            process.kill()
            raise ConnectionDroppedError

        fake.fault(request_line, kill)
        process.wait(60)
    done = run()

    assert process.returncode == -signal.SIGKILL
    assert done.exit_code == 4, done.stderr
    assert len(fake.batches.all) == 1
    assert_saved()


def test_an_upload_is_resumed(fake: FakeLarder) -> None:
    # Over 4 MiB, the fake takes parts.
    ask(5 * MIB // len(requests(1)))
    fake.fault("PUT /s3/.*/8", interrupt(after=False))

    stopped = run()
    sent_before = len(fake.requests_matching("PUT .*"))
    done = run()

    [upload] = fake.uploads.values()
    assert (stopped.exit_code, done.exit_code) == (130, 4)
    assert upload.status == "completed"
    assert len(fake.requests_matching("PUT .*")) < sent_before + len(upload.numbers)
    assert len(fake.batches.all) == 1


def test_a_batch_is_found_when_its_idempotency_key_is_forgotten(fake: FakeLarder) -> None:
    fake.fault(CREATE, interrupt(after=True))

    run()
    fake.batches._answers.clear()
    done = run()

    assert done.exit_code == 4
    assert len(fake.batches.all) == 1


@pytest.mark.parametrize("request_line", ["POST /v1/files", CREATE])
def test_a_refusal_is_not_kept(fake: FakeLarder, request_line: str) -> None:
    fake.fault(request_line, respond_with(api_error(400, "The project is full.")))

    refusal = run()
    gone = not STATE.exists()
    done = run("--window", "48h")

    assert (refusal.exit_code, gone) == (1, True)
    assert "The project is full." in refusal.stderr
    assert done.exit_code == 4


def test_a_run_may_be_repeated_until_there_is_room_for_its_batch(fake: FakeLarder) -> None:
    refusal = api_error(429, "The project has 10 of 10 batches running.", "rate_limit_exceeded")
    fake.fault(CREATE, respond_with(refusal), times=3)

    full = run()
    done = run()

    assert full.exit_code == 3
    assert "10 of 10 batches running. Run the same command again to go on." in full.stderr
    assert done.exit_code == 4
    assert len(fake.requests_matching("POST /v1/files")) == 1


def test_one_run_creates_with_one_key(fake: FakeLarder) -> None:
    fake.fault(CREATE, cut_after(0), times=3)

    run()
    run()

    keys = {each.headers["idempotency-key"] for each in fake.requests_matching(CREATE)}
    assert len(keys) == 1


def stop_while_it_runs(fake: FakeLarder) -> None:
    fake.fault("GET /v1/batches/batch_.*", interrupt(after=False))
    assert run().exit_code == 130
    assert STATE.exists()


def test_other_requests_do_not_go_on_with_the_batch(fake: FakeLarder) -> None:
    stop_while_it_runs(fake)
    ask(4)

    other = run()

    [batch_id] = fake.batches.all
    assert other.exit_code == 1
    assert f"remove {STATE} to start anew. Its batch {batch_id} goes on." in other.stderr
    assert STATE.exists()


def test_other_options_do_not_go_on_with_the_batch(fake: FakeLarder) -> None:
    stop_while_it_runs(fake)

    assert run("--window", "48h").exit_code == 1


def test_another_name_of_the_same_requests_goes_on(fake: FakeLarder) -> None:
    stop_while_it_runs(fake)
    Path("questions.jsonl").rename("moved.jsonl")

    done = larder("batch", "run", "moved.jsonl", "-o", "answers.jsonl")

    assert done.exit_code == 4
    assert len(fake.batches.all) == 1


def test_another_output_is_another_run(fake: FakeLarder) -> None:
    stop_while_it_runs(fake)

    done = larder("batch", "run", "questions.jsonl", "-o", "again.jsonl")

    assert done.exit_code == 4
    assert len(fake.batches.all) == 2


def test_answers_that_appeared_meanwhile_are_not_overwritten(fake: FakeLarder) -> None:
    stop_while_it_runs(fake)
    Path("answers.jsonl").write_bytes(b"mine")

    refused_ = run()
    assert Path("answers.jsonl").read_bytes() == b"mine"
    Path("answers.jsonl").unlink()
    done = run()

    assert refused_.exit_code == 1
    assert done.exit_code == 4
    assert len(fake.batches.all) == 1


def test_a_batch_of_another_project_says_what_to_do(fake: FakeLarder) -> None:
    stop_while_it_runs(fake)
    [batch_id] = fake.batches.all
    del fake.batches.all[batch_id]

    gone = run()

    assert gone.exit_code == 1
    assert f"{batch_id} of this run is gone, or belongs to another project" in gone.stderr
    assert f"remove {STATE}" in gone.stderr


def test_two_processes_do_not_do_one_run(fake: FakeLarder) -> None:
    with run_state.open_run(Path("answers.jsonl")):
        second = run()

    assert second.exit_code == 1
    assert "Another process runs the batch of answers.jsonl" in second.stderr
    assert not fake.batches.all


@pytest.mark.parametrize("cut", [1, 20])
def test_a_state_that_was_cut_off_is_the_one_before(fake: FakeLarder, cut: int) -> None:
    stop_while_it_runs(fake)
    STATE.write_bytes(STATE.read_bytes()[:-cut])

    done = run()

    assert done.exit_code == 4
    assert len(fake.batches.all) == 1


def test_a_file_that_is_no_state_is_kept(fake: FakeLarder) -> None:
    STATE.write_bytes(b"my notes\n")

    done = run()

    assert done.exit_code == 1
    assert f"{STATE} is not the state of a run" in done.stderr
    assert STATE.read_bytes() == b"my notes\n"
    assert not fake.batches.all


def test_the_state_is_for_its_owner_only(fake: FakeLarder) -> None:
    stop_while_it_runs(fake)

    assert STATE.stat().st_mode & 0o777 == 0o600
