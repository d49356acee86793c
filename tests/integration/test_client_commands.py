"""`larder put`, `get`, `ls`, `rm` and `validate`, on a fake Larder behind sockets."""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import socket
import subprocess
import sys
import termios
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

import pytest

from larder_client import Client
from tests.fakes.http_faults import (
    ConnectionDroppedError,
    api_error,
    cut_after,
    respond_with,
    response_cut_after,
)
from tests.fakes.larder_http import KEY, MIB, PART_SIZE, FakeLarder
from tests.fakes.larder_transports import over_sockets
from tests.support.cli import Printed, larder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.fakes.http_faults import Request, Response

LARGE = hashlib.shake_128(b"any").digest(5 * MIB)
REQUEST = (
    b'{"custom_id": "1", "method": "POST", "url": "/v1/embeddings", '
    b'"body": {"model": "m", "input": "x"}}\n'
)


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Work in an empty folder, as a user who has uploaded nothing yet."""
    monkeypatch.chdir(tmp_path)
    with mock.patch.dict(os.environ):
        for name in [name for name in os.environ if name.startswith("LARDER_")]:
            del os.environ[name]
        os.environ["XDG_STATE_HOME"] = str(tmp_path / "state")
        os.environ["XDG_CONFIG_HOME"] = str(tmp_path / "config")
        yield


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeLarder]:
    # The pauses before retries have tests of their own.
    impatient = partial(Client, sleep=lambda _: None)
    monkeypatch.setattr("larder_client.Client", impatient)
    with over_sockets(FakeLarder()) as fake:
        os.environ["LARDER_BASE_URL"] = fake.base_url
        os.environ["LARDER_API_KEY"] = KEY
        yield fake


def write(name: str, data: bytes) -> str:
    Path(name).write_bytes(data)
    return name


def interrupt(_: Request, __: Callable[[Request], Response]) -> Response:
    """Type Ctrl-C."""
    os.kill(os.getpid(), signal.SIGINT)
    raise ConnectionDroppedError


def test_a_file_that_replaces_another_is_announced_however_small(fake: FakeLarder) -> None:
    sent = larder("put", write("a.txt", b"new"), "--purpose", "user_data", "--replace")

    assert sent.exit_code == 0, sent.stderr
    [upload] = fake.uploads.values()
    assert upload.announced["if_exists"] == "replace"
    assert not fake.requests_matching("POST /v1/files")


def test_a_file_goes_up_and_its_id_is_printed(fake: FakeLarder) -> None:
    sent = larder("put", write("a.bin", LARGE), "--purpose", "user_data", "--expires-after", "2h")

    file_id = sent.stdout.strip()
    assert sent.exit_code == 0
    assert fake.s3.contents[file_id] == LARGE
    [upload] = fake.uploads.values()
    assert upload.announced["expires_after"]["seconds"] == 7_200
    assert upload.announced["purpose"] == "user_data"


def test_the_commands_send_the_key_to_larder_and_never_to_s3(fake: FakeLarder) -> None:
    sent = larder("put", write("a.bin", LARGE), "--purpose", "user_data")
    larder("get", sent.stdout.strip(), "-o", "b.bin")

    for request in fake.requests:
        keys = [name for name in ("authorization", "x-api-key") if name in request.headers]
        assert (keys == []) == request.path.startswith("/s3/"), request
    assert fake.requests_matching("GET /s3/.*")


def test_each_of_several_files_has_its_result(fake: FakeLarder) -> None:
    sent = larder("put", write("a", b"1"), "missing", write("b", b"2"), "--json")

    first, missing, second = sent.json_lines
    assert sent.exit_code == 1
    assert (first["path"], first["way"], first["file"]["bytes"]) == ("a", "request", 1)
    assert missing["error"]["message"] == "missing: No such file or directory"
    assert fake.s3.contents[second["file"]["id"]] == b"2"
    assert sent.stderr == "larder: missing: No such file or directory\n"


def test_repeating_the_command_resumes_an_upload_that_was_cut_off(fake: FakeLarder) -> None:
    path = write("a.bin", LARGE)
    fake.fault("PUT /s3/.*/9", cut_after(PART_SIZE // 2), times=3)
    cut_off = larder("put", path)
    [upload] = fake.uploads.values()
    arrived = len(upload.parts)
    fake.requests.clear()

    sent = larder("put", path)

    assert cut_off.exit_code == 3
    assert "Run the same command again" in cut_off.stderr
    assert cut_off.stderr.count("\n") == 1
    assert sent.exit_code == 0
    assert fake.s3.contents[sent.stdout.strip()] == LARGE
    assert len(fake.requests_matching("PUT .*")) == len(upload.numbers) - arrived
    earlier = f"{arrived * PART_SIZE / 2**20:.1f} MiB"
    assert f"5.0 MiB uploaded ({earlier} of it earlier)" in sent.stderr


@pytest.mark.parametrize("part", [1, 5])
def test_repeating_the_command_resumes_an_upload_after_ctrl_c(fake: FakeLarder, part: int) -> None:
    path = write("a.bin", LARGE)
    fake.fault(f"PUT /s3/.*/{part}", interrupt)

    interrupted = larder("put", path)
    sent = larder("put", path)

    assert interrupted.exit_code == 130
    assert "Interrupted. Run the same command again" in interrupted.stderr
    assert fake.s3.contents[sent.stdout.strip()] == LARGE
    assert len(fake.uploads) == 1


def test_ctrl_c_prints_no_traceback(fake: FakeLarder) -> None:
    write("a.bin", LARGE)
    with subprocess.Popen(
        [sys.executable, "-m", "larder_cli", "put", "a.bin"], stderr=subprocess.PIPE, text=True
    ) as process:

        def interrupt_it(_: Request, __: Callable[[Request], Response]) -> Response:
            process.send_signal(signal.SIGINT)
            raise ConnectionDroppedError

        fake.fault("PUT /s3/.*/5", interrupt_it)
        _, stderr = process.communicate(timeout=60)

    assert process.returncode == 130
    assert "Interrupted. Run the same command again" in stderr
    assert "Traceback" not in stderr


def with_report(fake: FakeLarder, *, valid: bool, warned: bool = False) -> None:
    def report(request: Request, normal: Callable[[Request], Response]) -> Response:
        answer = normal(request)
        [file_id] = fake.files
        fake.files[file_id]["status"] = "processed" if valid else "error"
        problem = {"code": "invalid_url", "line": 17, "message": "No such url.", "param": "url"}
        fake.reports[file_id] = {
            "object": "file.validation",
            "file_id": file_id,
            "valid": valid,
            "total_lines": 20,
            "request_count": 20,
            "error_count": 0 if valid else 1,
            "errors": [] if valid else [problem],
            "endpoint": "/v1/embeddings",
            "model": "m",
        }
        if warned:  # A report without these fields is one of an earlier version.
            warning = problem | {"code": "streaming_ignored", "severity": "warning"}
            fake.reports[file_id] |= {"warning_count": 1, "warnings": [warning]}
        return answer

    fake.fault("POST /v1/files", report)


def test_waiting_for_a_valid_file_prints_a_summary(fake: FakeLarder) -> None:
    with_report(fake, valid=True)

    sent = larder("put", write("a.jsonl", REQUEST), "--wait")

    assert sent.exit_code == 0
    assert "valid, 20 requests to m at /v1/embeddings" in sent.stderr


def test_waiting_for_an_invalid_file_prints_its_problems_and_fails(fake: FakeLarder) -> None:
    with_report(fake, valid=False)

    sent = larder("put", write("a.jsonl", REQUEST), "--wait")

    assert sent.exit_code == 1
    assert sent.stdout.startswith("file-")
    assert "invalid, 1 problem in 20 lines" in sent.stderr
    for shown in ("17", "invalid_url", "No such url."):
        assert shown in sent.stderr


@pytest.mark.parametrize("strict", [(), ("--strict",)])
def test_waiting_for_a_doubtful_file_prints_its_warnings_and_fails_when_strict(
    fake: FakeLarder, strict: tuple[str, ...]
) -> None:
    with_report(fake, valid=True, warned=True)

    sent = larder("put", write("a.jsonl", REQUEST), "--wait", *strict)

    assert sent.exit_code == len(strict)
    assert "valid, 20 requests to m at /v1/embeddings, 1 warning" in sent.stderr
    assert "streaming_ignored" in sent.stderr


def test_the_validation_is_part_of_the_json(fake: FakeLarder) -> None:
    with_report(fake, valid=False)

    [sent] = larder("put", write("a.jsonl", REQUEST), "--wait", "--json").json_lines

    assert sent["file"]["status"] == "error"
    assert sent["validation"]["errors"][0]["line"] == 17


def test_files_with_other_purposes_have_no_report(fake: FakeLarder) -> None:
    [sent] = larder("put", write("a", b"1"), "--purpose", "vision", "--wait", "--json").json_lines

    assert fake.files[sent["file"]["id"]]["purpose"] == "vision"
    assert sent["validation"] is None


def test_a_terminal_shows_a_progress_bar(fake: FakeLarder) -> None:
    write("a.bin", LARGE)
    fake.fault("PUT /s3/.*/3", cut_after(PART_SIZE // 2))
    ours, theirs = os.openpty()
    termios.tcsetwinsize(theirs, (24, 120))

    with subprocess.Popen(
        [sys.executable, "-m", "larder_cli", "put", "a.bin"], stdout=subprocess.PIPE, stderr=theirs
    ) as process:
        os.close(theirs)
        seen = b""
        # Linux raises this once the process has closed its side.
        with contextlib.suppress(OSError):
            while data := os.read(ours, 2**16):
                seen += data
        os.close(ours)

    assert process.returncode == 0
    for shown in (b"checking a.bin", b"sending a.bin", b"5.0 MiB of 5.0 MiB", b"joining a.bin"):
        assert shown in seen


def test_a_file_that_is_not_validated_in_time_is_not_sent_again(fake: FakeLarder) -> None:
    def pending(request: Request, normal: Callable[[Request], Response]) -> Response:
        answer = normal(request)
        [file] = fake.files.values()
        file["status"] = "uploaded"
        return answer

    fake.fault("POST /v1/files", pending)

    sent = larder("put", write("a", b"1"), "--wait", "--timeout", "1", "--json")

    [late] = sent.json_lines
    assert sent.exit_code == 3
    assert late["id"] in fake.files
    assert "not validated after 1 seconds" in late["error"]["message"]


@pytest.mark.parametrize("wait", [False, True])
def test_the_hint_after_a_lost_connection_depends_on_what_is_done(
    fake: FakeLarder, *, wait: bool
) -> None:
    fake.fault("GET .*" if wait else "POST .*", cut_after(0), times=3)

    failed = larder("put", write("a", b"1"), "--wait")

    assert failed.exit_code == 3
    assert ("The file is uploaded" in failed.stderr) is wait
    assert ("Run the same command again" in failed.stderr) is not wait


def test_a_file_is_sent_even_without_a_state_folder(fake: FakeLarder) -> None:
    os.environ["XDG_STATE_HOME"] = "/dev/null"

    sent = larder("put", write("a.bin", LARGE))

    assert (sent.exit_code, sent.stderr.count("\n")) == (0, 1)
    assert fake.s3.contents[sent.stdout.strip()] == LARGE


@pytest.mark.parametrize("size", [1, 3 * MIB])
def test_a_name_that_is_not_utf_8_is_sent_with_replacement_characters(
    fake: FakeLarder, size: int
) -> None:
    path = Path(os.fsdecode(b"caf\xe9.txt"))
    path.write_bytes(b"x" * size)

    sent = larder("put", str(path), "--json")

    assert (sent.exit_code, sent.stderr) == (0, "")
    assert sent.json_lines[0]["path"] == "caf\ufffd.txt"
    assert [file["filename"] for file in fake.files.values()] == ["caf\ufffd.txt"]


def test_a_file_is_downloaded_under_its_name(fake: FakeLarder) -> None:
    file_id = fake.add_file(LARGE, "results.jsonl")

    got = larder("get", file_id)

    assert (got.exit_code, got.stdout) == (0, "results.jsonl\n")
    assert Path("results.jsonl").read_bytes() == LARGE
    assert "sha256 verified" in got.stderr


def test_a_file_is_downloaded_to_the_given_path(fake: FakeLarder) -> None:
    Path("folder").mkdir()
    file_id = fake.add_file(LARGE, "results.jsonl")

    [got] = larder("get", file_id, "-o", "folder/mine", "--json").json_lines

    assert got["path"] == "folder/mine"
    assert (got["bytes"], got["verified"], got["resumed_bytes"]) == (len(LARGE), "sha256", 0)
    assert Path("folder/mine").read_bytes() == LARGE


def test_standard_output_gets_only_the_bytes(fake: FakeLarder) -> None:
    fake.fault("GET /s3/.*", response_cut_after(MIB), times=2)

    got = larder("get", fake.add_file(LARGE), "-o", "-")

    assert (got.exit_code, got.stderr) == (0, "")
    assert got.stdout_bytes == LARGE


def test_json_and_bytes_do_not_share_standard_output() -> None:
    refused = larder("get", "file-1", "-o", "-", "--json")

    assert refused.exit_code == 2
    assert "--json and -o -" in refused.stderr


def test_an_existing_file_is_only_replaced_with_force(fake: FakeLarder) -> None:
    file_id = fake.add_file(b"theirs", "a.txt")
    write("a.txt", b"mine")

    refused = larder("get", file_id)
    assert Path("a.txt").read_bytes() == b"mine"
    forced = larder("get", file_id, "--force")

    assert (refused.exit_code, forced.exit_code) == (1, 0)
    assert "a.txt already exists" in refused.stderr
    assert Path("a.txt").read_bytes() == b"theirs"


@pytest.mark.parametrize("fault", ["cut", "interrupt"])
def test_repeating_the_command_resumes_a_download(fake: FakeLarder, fault: str) -> None:
    file_id = fake.add_file(LARGE, "a.bin")
    fake.fault("GET /s3/.*", response_cut_after(3 * MIB))
    fake.fault("GET /s3/.*", interrupt if fault == "interrupt" else cut_after(0), times=3)

    cut_off = larder("get", file_id)
    fake.faults.clear()
    got = larder("get", file_id, "--json")

    assert cut_off.exit_code == (130 if fault == "interrupt" else 3)
    assert "Run the same command again" in cut_off.stderr
    assert 2 * MIB <= got.json_lines[0]["resumed_bytes"] <= 3 * MIB
    assert Path("a.bin").read_bytes() == LARGE


def test_files_are_listed_newest_first_with_a_note_about_the_rest(fake: FakeLarder) -> None:
    ids = [fake.add_file(b"x" * 2_048, f"{n}.bin") for n in range(3)]

    listed = larder("ls", "--limit", "2")
    rest = larder("ls", "--after", ids[1], "--json")

    assert listed.stdout.index("2.bin") < listed.stdout.index("1.bin")
    assert "2.0 KiB" in listed.stdout
    assert "0.bin" not in listed.stdout
    assert f"larder ls --after {ids[1]}" in listed.stderr
    [page] = rest.json_lines
    assert ([file["id"] for file in page["data"]], page["has_more"]) == ([ids[0]], False)


def test_names_that_look_like_markup_are_listed_unchanged(fake: FakeLarder) -> None:
    for name in ("[bold]a[/red].txt", ":smile:.txt"):
        fake.add_file(b"", name)

    listed = larder("ls")

    assert listed.exit_code == 0
    assert "[bold]a[/red].txt" in listed.stdout
    assert ":smile:.txt" in listed.stdout


def test_files_are_listed_by_purpose(fake: FakeLarder) -> None:
    fake.add_file(b"", purpose="evals")
    batch = fake.add_file(b"", purpose="batch")

    [page] = larder("ls", "--purpose", "batch", "--json").json_lines

    assert [file["id"] for file in page["data"]] == [batch]


def test_an_unknown_id_does_not_stop_other_deletions(fake: FakeLarder) -> None:
    first, second = fake.add_file(b""), fake.add_file(b"")

    removed = larder("rm", first, "file-0", second)

    assert (removed.exit_code, removed.stdout) == (1, f"{first}\n{second}\n")
    assert removed.stderr.startswith("larder: ")
    assert "file-0" in removed.stderr
    assert not fake.files


def test_deletions_are_json_lines(fake: FakeLarder) -> None:
    file_id = fake.add_file(b"")

    gone, unknown = larder("rm", file_id, "file-0", "--json").json_lines

    assert gone == {"id": file_id, "deleted": True}
    assert (unknown["id"], unknown["error"]["status"]) == ("file-0", 404)


def test_a_valid_batch_file_is_checked_without_a_server() -> None:
    checked = larder("validate", write("a.jsonl", REQUEST))

    assert checked.exit_code == 0
    assert "a.jsonl: valid, 1 request to m at /v1/embeddings" in checked.stdout


DOUBTFUL = REQUEST.replace(b'"input"', b'"stream":true,"input"')


def test_warnings_are_shown_and_fail_a_strict_check() -> None:
    path = write("a.jsonl", DOUBTFUL)

    checked, strict = larder("validate", path), larder("validate", path, "--strict")

    assert (checked.exit_code, strict.exit_code) == (0, 1)
    assert "a.jsonl: valid, 1 request to m at /v1/embeddings, 1 warning" in checked.stdout
    assert "streaming_ignored" in checked.stdout
    assert checked.stdout == strict.stdout
    assert larder("validate", write("b.jsonl", REQUEST), "--strict").exit_code == 0


def test_a_file_for_several_models_says_how_many() -> None:
    other = REQUEST.replace(b'"m"', b'"n"').replace(b'"1"', b'"2"')

    checked = larder("validate", write("a.jsonl", REQUEST + other), "--json")

    assert checked.json_lines[0]["models"] == {"m": 1, "n": 1}
    assert "2 requests to 2 models" in larder("validate", write("b.jsonl", REQUEST + other)).stdout


def test_every_problem_of_an_invalid_batch_file_is_shown() -> None:
    checked = larder("validate", write("a.jsonl", REQUEST + REQUEST + b"nope\n"))

    assert checked.exit_code == 1
    for shown in ("duplicate_custom_id", "invalid_json_line", "2", "3"):
        assert shown in checked.stdout


def test_the_report_has_the_servers_shape() -> None:
    mistaken = write("a.jsonl", REQUEST + b"nope\n")

    checked = larder("validate", mistaken, write("b.jsonl", REQUEST), "--json")

    invalid, valid = checked.json_lines
    assert checked.exit_code == 1
    assert invalid["object"] == "file.validation"
    assert (invalid["valid"], valid["valid"]) == (False, True)
    [error] = invalid["errors"]
    assert (error["code"], error["line"]) == ("invalid_json_line", 2)
    assert error["offset"] == len(REQUEST)
    assert (valid["request_count"], valid["model"]) == (1, "m")


def test_problems_of_one_kind_are_shown_once() -> None:
    checked = larder("validate", write("a.jsonl", b"nope\n" * 150))

    assert checked.stdout.count("invalid_json_line") == 1
    assert "1, 2, 3, 4, 5, …" in checked.stdout
    assert "--json shows each of them" in checked.stdout


def test_a_full_quota_is_reported_with_the_servers_message(fake: FakeLarder) -> None:
    message = "The project's storage quota would be exceeded: 4 of 200 files are in use."
    fake.fault("POST .*", respond_with(api_error(400, message, code="storage_quota_exceeded")))

    sent = larder("put", write("a", b"1"), "--json")

    assert (sent.exit_code, sent.stderr) == (1, f"larder: a: {message}\n")
    assert sent.json_lines[0]["error"]["code"] == "storage_quota_exceeded"


@pytest.mark.parametrize(
    "arguments", [("put", "a", "a"), ("get", "file-1"), ("ls",), ("rm", "file-1", "file-2")]
)
def test_a_bad_key_is_reported_once(fake: FakeLarder, arguments: tuple[str, ...]) -> None:
    write("a", b"1")

    refused = larder(*arguments, "--api-key", "zk_live_wrong")

    assert refused.exit_code == 1
    assert "Incorrect API key provided." in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert len(fake.requests) == 1


@pytest.mark.usefixtures("fake")
@pytest.mark.parametrize("arguments", [("put", "a", "a"), ("get", "file-1"), ("ls",)])
def test_an_unreachable_server_is_reported_in_one_line(arguments: tuple[str, ...]) -> None:
    write("a", b"1")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{unused.getsockname()[1]}"

    failed = larder(*arguments, "--base-url", f"http://{address}/v1")

    assert failed.exit_code == 3
    assert f"{address} cannot be reached" in failed.stderr
    assert failed.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "url", ["larder.test", "ftp://larder.test/v1", "http://larder.test:x/v1", "https:///v1"]
)
def test_an_invalid_base_url_is_reported_in_one_line(url: str) -> None:
    refused = larder("ls", "--base-url", url, "--api-key", KEY)

    assert refused.exit_code == 1
    assert "base URL" in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_a_key_that_no_header_can_carry_is_reported_in_one_line() -> None:
    refused = larder("ls", "--base-url", "http://larder.test/v1", "--api-key", "zk_live_\nä")

    assert refused == Printed(
        1, "", "larder: Invalid API key: it contains characters that are not allowed.\n"
    )


@pytest.mark.parametrize("duration", ["soon", "1.5h", "-1"])
def test_an_invalid_duration_is_wrong_usage(duration: str) -> None:
    refused = larder("put", "a", f"--expires-after={duration}")

    assert refused.exit_code == 2
    assert "not a duration" in refused.stderr


def env_file(**variables: str) -> None:
    Path(".local").mkdir()
    lines = [f"LARDER_{name}={value}\n" for name, value in variables.items()]
    Path(".local/env").write_text("".join(lines))


def test_the_local_stack_is_found_by_its_file(fake: FakeLarder) -> None:
    del os.environ["LARDER_BASE_URL"], os.environ["LARDER_API_KEY"]
    env_file(BASE_URL=fake.base_url, API_KEY=KEY)

    assert larder("ls").exit_code == 0


def test_the_environment_is_used_before_the_local_stack(fake: FakeLarder) -> None:
    env_file(BASE_URL="http://127.0.0.1:1/v1", API_KEY="zk_live_local")

    assert larder("ls").exit_code == 0
    assert len(fake.requests) == 1


def test_without_a_server_the_error_says_how_to_start_one() -> None:
    refused = larder("ls")

    assert refused.exit_code == 1
    assert "make run" in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_a_key_from_the_environment_is_not_sent_to_an_address_from_a_file(fake: FakeLarder) -> None:
    del os.environ["LARDER_BASE_URL"]
    env_file(BASE_URL=fake.base_url, API_KEY="zk_live_local")

    refused = larder("ls")

    assert refused.exit_code == 1
    assert "LARDER_API_KEY is set but LARDER_BASE_URL is not" in refused.stderr
    assert not fake.requests


def test_a_key_from_a_file_is_not_sent_to_another_address(fake: FakeLarder) -> None:
    del os.environ["LARDER_API_KEY"]
    env_file(BASE_URL="http://127.0.0.1:1/v1", API_KEY=KEY)

    refused = larder("ls")

    assert refused.exit_code == 1
    assert f"There is no key for {fake.base_url}" in refused.stderr
    assert not fake.requests
