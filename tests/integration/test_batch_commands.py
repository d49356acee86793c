"""`larder batch create`, `list`, `show`, `cancel`, `retry` and `results`, on a fake Larder."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import termios
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.fakes.http_faults import ConnectionDroppedError, api_error, cut_after, respond_with
from tests.fakes.larder_batches import not_asked, refused, requests
from tests.support.cli import Printed, larder
from tests.support.fake_shell import fake_shell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.fakes.http_faults import Request, Response
    from tests.fakes.larder_http import FakeLarder

ENDPOINT = "/v1/chat/completions"
READ = "GET /v1/batches/.*"


@pytest.fixture(autouse=True)
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeLarder]:
    with fake_shell(tmp_path, monkeypatch) as fake:
        yield fake


def batch(*arguments: str) -> Printed:
    return larder("batch", *arguments)


def write(data: bytes, name: str = "questions.jsonl") -> str:
    Path(name).write_bytes(data)
    return name


def ended_batch(fake: FakeLarder, count: int = 3) -> str:
    """Run a batch to its end and return its id."""
    file_id = fake.add_file(requests(count), "questions.jsonl", purpose="batch")
    batch_id = batch("create", file_id, "--endpoint", ENDPOINT).id
    batch("show", batch_id, "--wait")
    return batch_id


def lines(path: str) -> list[str]:
    return [json.loads(line)["custom_id"] for line in Path(path).read_bytes().splitlines()]


def test_a_local_file_is_checked_and_uploaded(fake: FakeLarder) -> None:
    created = batch("create", write(requests(3)), "--window", "3h", "--metadata", "job=nightly=1")

    made = fake.batches.all[created.id]
    assert fake.s3.contents[made["input_file_id"]] == requests(3)
    assert fake.files[made["input_file_id"]]["purpose"] == "batch"
    assert (made["endpoint"], made["completion_window"]) == (ENDPOINT, "3h")
    assert made["metadata"] == {"job": "nightly=1"}
    assert "valid, 3 requests" in created.stderr


def test_an_invalid_file_is_not_uploaded(fake: FakeLarder) -> None:
    created = batch("create", write(requests(2) + b"{]\n"))

    assert (created.exit_code, created.stdout) == (1, "")
    assert "invalid_json_line" in created.stderr
    assert fake.requests == []


def test_another_endpoint_than_the_lines_have_is_refused(fake: FakeLarder) -> None:
    created = batch("create", write(requests(1)), "--endpoint", "/v1/embeddings")

    assert created.exit_code == 1
    assert f"for {ENDPOINT}: leave out --endpoint" in created.stderr
    assert fake.requests == []


def stored(fake: FakeLarder, *, valid: bool = True) -> str:
    file_id = fake.add_file(requests(2), "questions.jsonl", purpose="batch")
    problem = {"code": "invalid_url", "line": 17, "message": "No such url.", "param": "url"}
    fake.reports[file_id] = {
        "valid": valid,
        "total_lines": 2,
        "request_count": 2,
        "error_count": 0 if valid else 1,
        "errors": [] if valid else [problem],
        "endpoint": ENDPOINT,
        "model": "m",
    }
    return file_id


def test_a_stored_file_says_its_endpoint_itself(fake: FakeLarder) -> None:
    file_id = stored(fake)

    created = batch("create", file_id)

    assert fake.batches.all[created.id]["endpoint"] == ENDPOINT
    assert fake.batches.all[created.id]["input_file_id"] == file_id


def test_a_stored_file_that_is_invalid_shows_its_problems(fake: FakeLarder) -> None:
    created = batch("create", stored(fake, valid=False))

    assert created.exit_code == 1
    assert "No such url." in created.stderr
    assert not fake.batches.all


@pytest.mark.parametrize("pair", ["nightly", "=nightly", ""])
def test_metadata_without_a_key_is_wrong_use(pair: str) -> None:
    created = batch("create", write(requests(1)), "--metadata", pair)

    assert created.exit_code == 2
    assert "job=nightly" in created.stderr


def test_metadata_with_a_key_twice_is_wrong_use() -> None:
    created = batch("create", write(requests(1)), "--metadata", "a=1", "--metadata", "a=2")

    assert created.exit_code == 2
    assert "'a' is given twice" in created.stderr


@pytest.mark.parametrize(
    "options",
    [
        ("--window", "25 hours"),
        ("--window", "169h"),
        ("--metadata", f"{'k' * 65}=v"),
        ("--metadata", f"k={'v' * 513}"),
        tuple(word for n in range(17) for word in ("--metadata", f"{n}=v")),
        ("--expires-after", "59m"),
        ("--expires-after", "31d"),
    ],
)
def test_what_larder_would_refuse_is_wrong_use(fake: FakeLarder, options: tuple[str, ...]) -> None:
    created = batch("create", write(requests(1)), *options)

    assert created.exit_code == 2
    assert fake.requests == []


def test_the_results_can_live_longer(fake: FakeLarder) -> None:
    created = batch("create", write(requests(1)), "--expires-after", "7d")

    asked = fake.batches.all[created.id]["asked"]
    assert asked["output_expires_after"] == {"anchor": "created_at", "seconds": 7 * 86_400}


def test_a_missing_file_is_one_line() -> None:
    created = batch("create", "missing.jsonl")

    assert (created.exit_code, created.stderr) == (
        1,
        "larder: missing.jsonl: No such file or directory\n",
    )


def test_a_refusal_is_the_servers_own_message(fake: FakeLarder) -> None:
    refusal = api_error(429, "The project has 10 of 10 batches running.", "rate_limit_exceeded")
    fake.fault("POST /v1/batches", respond_with(refusal), times=3)

    created = batch("create", write(requests(1)))

    assert created.exit_code == 3
    assert "10 of 10 batches running. Run the same command again" in created.stderr


def test_waiting_ends_with_what_the_batch_took() -> None:
    created = batch("create", write(requests(3)), "--wait")

    batch_id = created.id
    assert f"{batch_id}: completed, 3 of 3 requests answered\n" in created.stderr
    assert "39 tokens: 30 in (12 from a cache), 9 out (3 for reasoning)" in created.stderr
    assert f"larder batch results {batch_id}" in created.stderr


def test_failed_requests_have_an_exit_status_of_their_own(fake: FakeLarder) -> None:
    fake.batches.bad = {"request-2": refused(400, "x")}

    created = batch("create", write(requests(3)), "--wait", "--json")

    [document] = created.json_lines
    assert created.exit_code == 4
    assert document["request_counts"] == {"total": 3, "completed": 2, "failed": 1}
    assert "2 of 3 requests answered, 1 failed" in created.stderr


def fail(fake: FakeLarder, count: int = 1) -> None:
    fake.batches.end = "failed"
    fake.batches.errors = [
        {"code": "invalid_api_key", "message": f"Refused {n}.", "line": None, "param": "model"}
        for n in range(count)
    ]


def test_a_failed_batch_shows_why(fake: FakeLarder) -> None:
    fail(fake, 102)

    created = batch("create", write(requests(1)), "--wait")

    assert created.exit_code == 1
    for shown in ("failed", "invalid_api_key", "Refused 99.", "2 more errors"):
        assert shown in created.stderr
    assert "Refused 100." not in created.stderr
    assert "Save the answers" not in created.stderr


def test_an_interrupted_wait_says_how_to_go_on(fake: FakeLarder) -> None:
    fake.fault(READ, interrupt)

    created = batch("create", write(requests(1)), "--wait")

    [batch_id] = fake.batches.all
    assert (created.exit_code, created.stdout.strip()) == (130, batch_id)
    assert f"'larder batch show {batch_id} --wait'" in created.stderr


def interrupt(_: Request, __: Callable[[Request], Response]) -> Response:
    """Type Ctrl-C."""
    os.kill(os.getpid(), signal.SIGINT)
    raise ConnectionDroppedError


def test_a_wait_without_any_answer_says_how_to_go_on(fake: FakeLarder) -> None:
    fake.fault(READ, cut_after(0), times=10_000)

    created = batch("create", write(requests(1)), "--wait")

    assert created.exit_code == 3
    assert created.stderr.endswith("--wait' waits for it.\n")
    assert created.stderr.count("larder: batch_") == 1


def test_a_terminal_shows_how_far_the_batch_is(fake: FakeLarder) -> None:
    fake.batches.reads = 4
    write(requests(3))
    ours, theirs = os.openpty()
    termios.tcsetwinsize(theirs, (24, 120))

    with subprocess.Popen(
        [sys.executable, "-m", "larder_cli", "batch", "create", "questions.jsonl", "--wait"],
        stdout=subprocess.PIPE,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        seen = b""
        # Linux raises this once the process has closed its side.
        with contextlib.suppress(OSError):
            while data := os.read(ours, 2**16):
                seen += data
        os.close(ours)

    assert process.returncode == 0
    for shown in (b"in_progress", b"0/3"):
        assert shown in seen


def test_batches_are_listed_newest_first_with_a_note_about_the_rest(fake: FakeLarder) -> None:
    first, second, third = (ended_batch(fake) for _ in range(3))

    listed = batch("list", "--limit", "2")
    [page] = batch("list", "--after", second, "--json").json_lines

    assert listed.stdout.index(third) < listed.stdout.index(second)
    assert first not in listed.stdout
    assert "3/3" in listed.stdout
    assert f"larder batch list --after {second}" in listed.stderr
    assert ([each["id"] for each in page["data"]], page["has_more"]) == ([first], False)


def test_a_batch_is_shown(fake: FakeLarder) -> None:
    fake.batches.bad = {"request-2": refused(400, "x")}
    batch_id = ended_batch(fake)

    shown = batch("show", batch_id)

    assert shown.exit_code == 0
    for part in (batch_id, "completed", "2 of 3 requests answered, 1 failed", "26 tokens"):
        assert part in shown.stdout
    assert batch("show", batch_id, "--json").json["id"] == batch_id


def test_a_batch_that_failed_is_shown_with_its_errors(fake: FakeLarder) -> None:
    fail(fake)

    shown = batch("show", ended_batch(fake))

    assert "Refused 0." in shown.stdout
    assert "0 of 3 requests answered" in shown.stdout


def test_batches_are_cancelled_each_on_its_own(fake: FakeLarder) -> None:
    fake.batches.reads = 1_000
    first, second = (
        batch("create", write(requests(1)), "--metadata", f"n={n}").id for n in range(2)
    )

    cancelled = batch("cancel", first, "batch_0", second)

    assert (cancelled.exit_code, cancelled.stdout) == (1, f"{first}\n{second}\n")
    assert cancelled.stderr.startswith("larder: batch_0: ")
    assert {each["status"] for each in fake.batches.all.values()} == {"cancelling"}


def test_an_ended_batch_is_not_cancelled(fake: FakeLarder) -> None:
    cancelled = batch("cancel", ended_batch(fake), "--json")

    [document] = cancelled.json_lines
    assert cancelled.exit_code == 1
    assert (document["error"]["status"], document["error"]["code"]) == (409, "batch_ended")


def test_a_retry_prints_the_id_of_the_new_batch(fake: FakeLarder) -> None:
    batch_id = ended_batch(fake)

    retried = batch("retry", batch_id, "--wait")

    assert fake.batches.all[retried.id]["metadata"] == {"larder_retry_of": batch_id}
    assert "completed" in retried.stderr


def test_results_are_saved_in_the_order_of_the_input(fake: FakeLarder) -> None:
    fake.batches.bad = {
        "request-2": refused(400, "context_length_exceeded"),
        "request-3": not_asked("request_timeout"),
        "request-5": refused(400, "context_length_exceeded"),
    }
    batch_id = ended_batch(fake, 6)

    saved = batch("results", batch_id, "-o", "answers.jsonl")

    assert (saved.exit_code, saved.stdout) == (4, "answers.jsonl\n")
    assert lines("answers.jsonl") == ["request-1", "request-4", "request-6"]
    assert lines("answers.errors.jsonl") == ["request-2", "request-3", "request-5"]
    assert "3 of 6 requests failed: see answers.errors.jsonl" in saved.stderr
    assert "2  HTTP 400 context_length_exceeded" in saved.stderr
    assert "1  request_timeout" in saved.stderr
    assert f"larder batch retry {batch_id} --wait" in saved.stderr


def test_good_results_alone_make_one_file(fake: FakeLarder) -> None:
    saved = batch("results", ended_batch(fake), "-o", "answers.jsonl")

    assert saved.exit_code == 0
    assert [path.name for path in Path.cwd().glob("*.jsonl*")] == ["answers.jsonl"]


def test_results_keep_their_own_names_in_a_folder(fake: FakeLarder) -> None:
    fake.batches.bad = {"request-1": refused(500, None)}

    [document] = batch("results", ended_batch(fake), "--json").json_lines

    assert (document["output"], document["errors"]) == (
        "questions_output.jsonl",
        "questions_error.jsonl",
    )
    assert document["failed"] == {"HTTP 500 invalid_request_error": 1}
    assert document["batch"]["status"] == "completed"


def test_results_go_to_standard_output_with_the_reasons_beside_them(fake: FakeLarder) -> None:
    fake.batches.bad = {"request-1": refused(500, "x")}

    printed = batch("results", ended_batch(fake), "-o", "-")

    assert [json.loads(line)["custom_id"] for line in printed.stdout.splitlines()] == [
        "request-2",
        "request-3",
    ]
    assert "1  HTTP 500 x" in printed.stderr
    assert not list(Path.cwd().glob("*.jsonl"))


def test_json_and_results_do_not_share_standard_output() -> None:
    assert batch("results", "batch_1", "-o", "-", "--json").exit_code == 2


def test_errors_go_where_one_wants_them(fake: FakeLarder) -> None:
    fake.batches.bad = {"request-1": refused(500, None)}

    batch("results", ended_batch(fake), "-o", "answers.jsonl", "--errors", "bad.jsonl")

    assert lines("bad.jsonl") == ["request-1"]


@pytest.mark.parametrize("name", ["answers.jsonl", "answers.errors.jsonl"])
def test_existing_results_are_only_replaced_with_force(fake: FakeLarder, name: str) -> None:
    fake.batches.bad = {"request-1": refused(500, None)}
    batch_id = ended_batch(fake)
    write(b"mine", name)

    kept = batch("results", batch_id, "-o", "answers.jsonl")
    assert [path.name for path in Path.cwd().glob("answers*")] == [name]
    assert Path(name).read_bytes() == b"mine"
    forced = batch("results", batch_id, "-o", "answers.jsonl", "--force")

    assert kept.exit_code == 1
    assert f"{name} already exists" in kept.stderr
    assert forced.exit_code == 4
    assert lines("answers.errors.jsonl") == ["request-1"]


def test_no_file_of_an_earlier_batch_remains_beside_the_new_results(fake: FakeLarder) -> None:
    write(b"old\n", "answers.jsonl")
    write(b"old\n", "answers.errors.jsonl")

    saved = batch("results", ended_batch(fake), "-o", "answers.jsonl", "--force")

    assert saved.exit_code == 0
    assert not Path("answers.errors.jsonl").exists()
    fake.batches.bad = {f"request-{n}": refused(500, None) for n in (1, 2, 3)}
    batch("results", ended_batch(fake), "-o", "answers.jsonl", "--force")
    assert Path("answers.jsonl").read_bytes() == b""
    assert len(lines("answers.errors.jsonl")) == 3


def test_a_batch_that_runs_has_no_results_yet(fake: FakeLarder) -> None:
    fake.batches.reads = 1_000
    batch_id = batch("create", write(requests(3))).id

    early = batch("results", batch_id, "-o", "answers.jsonl")

    assert early.exit_code == 1
    assert "in_progress, 0 of 3 requests answered: add --wait" in early.stderr


def test_results_wait_for_the_end() -> None:
    batch_id = batch("create", write(requests(3))).id

    saved = batch("results", batch_id, "-o", "answers.jsonl", "--wait")

    assert saved.exit_code == 0
    assert len(lines("answers.jsonl")) == 3


def test_a_file_stands_for_its_newest_batch(fake: FakeLarder) -> None:
    file_id = stored(fake)
    ids = [batch("create", file_id).id for _ in range(2)]

    saved = batch("results", file_id, "-o", "answers.jsonl", "--wait", "--json")
    output = fake.batches.all[ids[1]]["output_file_id"]

    assert saved.json["batch"]["id"] == ids[1]
    assert batch("results", output, "-o", "again.jsonl", "--json").json["batch"]["id"] == ids[1]


def test_a_file_without_a_batch_says_what_to_do(fake: FakeLarder) -> None:
    file_id = stored(fake)

    saved = batch("results", file_id, "--json")

    [document] = saved.json_lines
    assert saved.exit_code == 1
    assert document["error"]["message"].endswith(f"'larder batch create {file_id}' creates one.")


def test_results_that_have_expired_say_so(fake: FakeLarder) -> None:
    batch_id = ended_batch(fake)
    del fake.files[fake.batches.all[batch_id]["output_file_id"]]

    saved = batch("results", batch_id, "-o", "answers.jsonl")

    assert saved.exit_code == 1
    assert "expired" in saved.stderr
    assert not Path("answers.jsonl").exists()


@pytest.mark.parametrize("line", [b"<html>\n", b'{"custom_id":"\xff"}\n'])
def test_an_error_file_that_is_not_larders_is_an_error(fake: FakeLarder, line: bytes) -> None:
    batch_id = ended_batch(fake)
    fake.batches.all[batch_id]["error_file_id"] = fake.add_file(line, "e.jsonl")

    saved = batch("results", batch_id, "-o", "answers.jsonl")

    assert saved.exit_code == 1
    assert "not Larder's" in saved.stderr
