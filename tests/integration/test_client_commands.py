"""`larder put`, `get`, `ls`, `rm` and `validate`, as typed, over sockets."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import termios
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest
from typer.testing import CliRunner

from larder_cli.main import app
from larder_client import Client
from tests.fakes.http_faults import (
    ConnectionCutError,
    answer_cut_after,
    answering,
    cut_after,
    refusal,
)
from tests.fakes.larder_http import KEY, MIB, PART_SIZE, FakeLarder
from tests.fakes.larder_lines import over_sockets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.fakes.http_faults import Answer, Asked

LARGE = hashlib.shake_128(b"any").digest(5 * MIB)
REQUEST = (
    b'{"custom_id": "1", "method": "POST", "url": "/v1/embeddings", '
    b'"body": {"model": "m", "input": "x"}}\n'
)


@dataclass(frozen=True)
class Printed:
    exit_code: int
    stdout: str
    stderr: str
    data: bytes

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.stdout.splitlines()]


def larder(*arguments: str) -> Printed:
    result = CliRunner().invoke(app, arguments)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return Printed(
        result.exit_code,
        result.stdout_bytes.decode(errors="replace"),
        result.stderr,
        result.stdout_bytes,
    )


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder without a stack, and a user without a past."""
    monkeypatch.chdir(tmp_path)
    with mock.patch.dict(os.environ):
        for name in [name for name in os.environ if name.startswith("LARDER_")]:
            del os.environ[name]
        os.environ["XDG_STATE_HOME"] = str(tmp_path / "state")
        yield


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeLarder]:
    # How long the pauses are is tested on the flows.
    impatient = partial(Client, sleep=lambda _: None)
    monkeypatch.setattr("larder_cli.shared.connection.Client", impatient)
    with over_sockets(FakeLarder()) as fake:
        os.environ["LARDER_BASE_URL"] = fake.base_url
        os.environ["LARDER_API_KEY"] = KEY
        yield fake


def write(name: str, data: bytes) -> str:
    Path(name).write_bytes(data)
    return name


def interrupt(_: Asked, __: Callable[[Asked], Answer]) -> Answer:
    """Type Ctrl-C."""
    os.kill(os.getpid(), signal.SIGINT)
    raise ConnectionCutError


def test_a_file_goes_up_and_its_id_is_printed(fake: FakeLarder) -> None:
    sent = larder("put", write("a.bin", LARGE), "--purpose", "user_data", "--expires-after", "2h")

    file_id = sent.stdout.strip()
    assert sent.exit_code == 0
    assert fake.s3.contents[file_id] == LARGE
    [upload] = fake.uploads.values()
    assert upload.announced["expires_after"]["seconds"] == 7_200
    assert upload.announced["purpose"] == "user_data"


def test_of_several_files_each_is_told(fake: FakeLarder) -> None:
    sent = larder("put", write("a", b"1"), "missing", write("b", b"2"), "--json")

    first, missing, second = sent.lines
    assert sent.exit_code == 1
    assert (first["path"], first["way"], first["file"]["bytes"]) == ("a", "request", 1)
    assert missing["error"]["message"] == "missing: No such file or directory"
    assert fake.s3.contents[second["file"]["id"]] == b"2"
    assert sent.stderr == "larder: missing: No such file or directory\n"


def test_an_upload_that_was_cut_off_goes_on_when_the_command_is_repeated(fake: FakeLarder) -> None:
    path = write("a.bin", LARGE)
    fake.fault("PUT /s3/.*/9", cut_after(PART_SIZE // 2), times=3)
    cut_off = larder("put", path)
    [upload] = fake.uploads.values()
    arrived = len(upload.parts)
    fake.asked.clear()

    sent = larder("put", path)

    assert cut_off.exit_code == 3
    assert "The same command goes on" in cut_off.stderr
    assert cut_off.stderr.count("\n") == 1
    assert sent.exit_code == 0
    assert fake.s3.contents[sent.stdout.strip()] == LARGE
    assert len(fake.requests("PUT .*")) == len(upload.numbers) - arrived
    assert "of them before" in sent.stderr


@pytest.mark.parametrize("part", [1, 5])
def test_ctrl_c_leaves_an_upload_to_be_gone_on_with(fake: FakeLarder, part: int) -> None:
    path = write("a.bin", LARGE)
    fake.fault(f"PUT /s3/.*/{part}", interrupt)

    interrupted = larder("put", path)
    sent = larder("put", path)

    assert interrupted.exit_code == 130
    assert "Interrupted. The same command goes on" in interrupted.stderr
    assert fake.s3.contents[sent.stdout.strip()] == LARGE
    assert len(fake.uploads) == 1


def with_report(fake: FakeLarder, *, valid: bool) -> None:
    def report(asked: Asked, normal: Callable[[Asked], Answer]) -> Answer:
        answer = normal(asked)
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
        return answer

    fake.fault("POST /v1/files", report)


def test_waiting_for_a_valid_file_says_what_is_in_it(fake: FakeLarder) -> None:
    with_report(fake, valid=True)

    sent = larder("put", write("a.jsonl", REQUEST), "--wait")

    assert sent.exit_code == 0
    assert "valid, 20 requests to m at /v1/embeddings" in sent.stderr


def test_waiting_for_an_invalid_file_shows_its_problems_and_fails(fake: FakeLarder) -> None:
    with_report(fake, valid=False)

    sent = larder("put", write("a.jsonl", REQUEST), "--wait")

    assert sent.exit_code == 1
    assert sent.stdout.startswith("file-")
    assert "invalid, 1 problem in 20 lines" in sent.stderr
    for shown in ("17", "invalid_url", "No such url."):
        assert shown in sent.stderr


def test_the_validation_is_part_of_the_json(fake: FakeLarder) -> None:
    with_report(fake, valid=False)

    [sent] = larder("put", write("a.jsonl", REQUEST), "--wait", "--json").lines

    assert sent["file"]["status"] == "error"
    assert sent["validation"]["errors"][0]["line"] == 17


def test_files_of_other_purposes_have_no_report(fake: FakeLarder) -> None:
    [sent] = larder("put", write("a", b"1"), "--purpose", "vision", "--wait", "--json").lines

    assert fake.files[sent["file"]["id"]]["purpose"] == "vision"
    assert sent["validation"] is None


def test_a_terminal_sees_how_far_it_is(fake: FakeLarder) -> None:
    write("a.bin", LARGE)
    fake.fault("PUT /s3/.*/3", cut_after(PART_SIZE // 2))
    ours, theirs = os.openpty()
    termios.tcsetwinsize(theirs, (24, 120))

    with subprocess.Popen(
        [sys.executable, "-m", "larder_cli", "put", "a.bin"], stdout=subprocess.PIPE, stderr=theirs
    ) as process:
        os.close(theirs)
        seen = b""
        # Linux says so when nobody has the other side open any more.
        with contextlib.suppress(OSError):
            while data := os.read(ours, 2**16):
                seen += data
        os.close(ours)

    assert process.returncode == 0
    for shown in (b"checking a.bin", b"sending a.bin", b"5.0/5.0 MiB", b"/s"):
        assert shown in seen


def test_a_file_that_is_sent_but_not_validated_in_time_is_not_sent_again(fake: FakeLarder) -> None:
    def pending(asked: Asked, normal: Callable[[Asked], Answer]) -> Answer:
        answer = normal(asked)
        [file] = fake.files.values()
        file["status"] = "uploaded"
        return answer

    fake.fault("POST /v1/files", pending)

    sent = larder("put", write("a", b"1"), "--wait", "--timeout", "1", "--json")

    [late] = sent.lines
    assert sent.exit_code == 3
    assert late["id"] in fake.files
    assert "not validated after 1 seconds" in late["error"]["message"]


@pytest.mark.parametrize("wait", [False, True])
def test_what_is_said_of_a_lost_connection_is_what_the_same_command_would_do(
    fake: FakeLarder, *, wait: bool
) -> None:
    fake.fault("GET .*" if wait else "POST .*", cut_after(0), times=3)

    failed = larder("put", write("a", b"1"), "--wait")

    assert failed.exit_code == 3
    assert ("The file is sent" in failed.stderr) is wait
    assert ("The same command goes on" in failed.stderr) is not wait


def test_without_a_folder_for_state_a_file_is_sent_all_the_same(fake: FakeLarder) -> None:
    os.environ["XDG_STATE_HOME"] = "/dev/null"

    sent = larder("put", write("a.bin", LARGE))

    assert (sent.exit_code, sent.stderr.count("\n")) == (0, 1)
    assert fake.s3.contents[sent.stdout.strip()] == LARGE


@pytest.mark.parametrize("size", [1, 3 * MIB])
def test_a_name_that_is_not_utf_8_is_sent_as_near_as_can_be(fake: FakeLarder, size: int) -> None:
    path = Path(os.fsdecode(b"caf\xe9.txt"))
    path.write_bytes(b"x" * size)

    sent = larder("put", str(path), "--json")

    assert (sent.exit_code, sent.stderr) == (0, "")
    assert sent.lines[0]["path"] == "caf\ufffd.txt"
    assert [file["filename"] for file in fake.files.values()] == ["caf\ufffd.txt"]


def test_a_file_comes_down_under_its_name(fake: FakeLarder) -> None:
    file_id = fake.add_file(LARGE, "results.jsonl")

    got = larder("get", file_id)

    assert (got.exit_code, got.stdout) == (0, "results.jsonl\n")
    assert Path("results.jsonl").read_bytes() == LARGE
    assert "sha256 compared" in got.stderr


def test_a_file_comes_down_where_it_is_told_to(fake: FakeLarder) -> None:
    Path("folder").mkdir()
    file_id = fake.add_file(LARGE, "results.jsonl")

    [got] = larder("get", file_id, "-o", "folder/mine", "--json").lines

    assert got["path"] == "folder/mine"
    assert (got["bytes"], got["verified"], got["resumed_bytes"]) == (len(LARGE), "sha256", 0)
    assert Path("folder/mine").read_bytes() == LARGE


def test_the_standard_output_gets_the_bytes_and_nothing_else(fake: FakeLarder) -> None:
    fake.fault("GET /s3/.*", answer_cut_after(MIB), times=2)

    got = larder("get", fake.add_file(LARGE), "-o", "-")

    assert (got.exit_code, got.stderr) == (0, "")
    assert got.data == LARGE


def test_json_and_bytes_do_not_share_the_standard_output() -> None:
    refused = larder("get", "file-1", "-o", "-", "--json")

    assert refused.exit_code == 2
    assert "--json and -o -" in refused.stderr


def test_a_file_that_exists_is_only_replaced_by_force(fake: FakeLarder) -> None:
    file_id = fake.add_file(b"theirs", "a.txt")
    write("a.txt", b"mine")

    refused = larder("get", file_id)
    assert Path("a.txt").read_bytes() == b"mine"
    forced = larder("get", file_id, "--force")

    assert (refused.exit_code, forced.exit_code) == (1, 0)
    assert "a.txt exists already" in refused.stderr
    assert Path("a.txt").read_bytes() == b"theirs"


@pytest.mark.parametrize("fault", ["cut", "interrupt"])
def test_a_download_that_was_cut_short_goes_on_when_the_command_is_repeated(
    fake: FakeLarder, fault: str
) -> None:
    file_id = fake.add_file(LARGE, "a.bin")
    fake.fault("GET /s3/.*", answer_cut_after(3 * MIB))
    fake.fault("GET /s3/.*", interrupt if fault == "interrupt" else cut_after(0), times=3)

    cut_off = larder("get", file_id)
    fake.faults.clear()
    got = larder("get", file_id, "--json")

    assert cut_off.exit_code == (130 if fault == "interrupt" else 3)
    assert "The same command goes on" in cut_off.stderr
    assert 2 * MIB <= got.lines[0]["resumed_bytes"] <= 3 * MIB
    assert Path("a.bin").read_bytes() == LARGE


def test_files_are_listed_newest_first_and_what_follows_is_told(fake: FakeLarder) -> None:
    ids = [fake.add_file(b"x" * 2_048, f"{n}.bin") for n in range(3)]

    listed = larder("ls", "--limit", "2")
    rest = larder("ls", "--after", ids[1], "--json")

    assert listed.stdout.index("2.bin") < listed.stdout.index("1.bin")
    assert "2.0 KiB" in listed.stdout
    assert "0.bin" not in listed.stdout
    assert f"larder ls --after {ids[1]}" in listed.stderr
    [page] = rest.lines
    assert ([file["id"] for file in page["data"]], page["has_more"]) == ([ids[0]], False)


def test_names_are_listed_as_they_are(fake: FakeLarder) -> None:
    for name in ("[bold]a[/red].txt", ":smile:.txt"):
        fake.add_file(b"", name)

    listed = larder("ls")

    assert listed.exit_code == 0
    assert "[bold]a[/red].txt" in listed.stdout
    assert ":smile:.txt" in listed.stdout


def test_files_are_listed_by_purpose(fake: FakeLarder) -> None:
    fake.add_file(b"", purpose="evals")
    batch = fake.add_file(b"", purpose="batch")

    [page] = larder("ls", "--purpose", "batch", "--json").lines

    assert [file["id"] for file in page["data"]] == [batch]


def test_what_can_be_deleted_is(fake: FakeLarder) -> None:
    first, second = fake.add_file(b""), fake.add_file(b"")

    removed = larder("rm", first, "file-0", second)

    assert (removed.exit_code, removed.stdout) == (1, f"{first}\n{second}\n")
    assert removed.stderr.startswith("larder: ")
    assert "file-0" in removed.stderr
    assert not fake.files


def test_deletions_are_json_lines(fake: FakeLarder) -> None:
    file_id = fake.add_file(b"")

    gone, unknown = larder("rm", file_id, "file-0", "--json").lines

    assert gone == {"id": file_id, "deleted": True}
    assert (unknown["id"], unknown["error"]["status"]) == ("file-0", 404)


def test_a_valid_batch_file_is_checked_without_a_server() -> None:
    checked = larder("validate", write("a.jsonl", REQUEST))

    assert checked.exit_code == 0
    assert "a.jsonl: valid, 1 request to m at /v1/embeddings" in checked.stdout


def test_every_problem_of_an_invalid_one_is_shown() -> None:
    checked = larder("validate", write("a.jsonl", REQUEST + REQUEST + b"nope\n"))

    assert checked.exit_code == 1
    for shown in ("duplicate_custom_id", "invalid_json_line", "2", "3"):
        assert shown in checked.stdout


def test_the_report_has_the_servers_shape() -> None:
    checked = larder("validate", write("a.jsonl", b"nope\n"), write("b.jsonl", REQUEST), "--json")

    invalid, valid = checked.lines
    assert checked.exit_code == 1
    assert invalid["object"] == "file.validation"
    assert (invalid["valid"], valid["valid"]) == (False, True)
    assert invalid["errors"][0]["code"] == "invalid_json_line"
    assert (valid["request_count"], valid["model"]) == (1, "m")


def test_a_great_many_problems_do_not_flood_the_screen() -> None:
    checked = larder("validate", write("a.jsonl", b"nope\n" * 150))

    assert checked.stdout.count("invalid_json_line") == 100
    assert "50 more problems" in checked.stdout


def test_a_full_quota_is_told_in_the_servers_words(fake: FakeLarder) -> None:
    message = "The project's storage quota would be exceeded: 4 of 200 files are in use."
    fake.fault("POST .*", answering(refusal(400, message, code="storage_quota_exceeded")))

    sent = larder("put", write("a", b"1"), "--json")

    assert (sent.exit_code, sent.stderr) == (1, f"larder: a: {message}\n")
    assert sent.lines[0]["error"]["code"] == "storage_quota_exceeded"


@pytest.mark.parametrize(
    "arguments", [("put", "a", "a"), ("get", "file-1"), ("ls",), ("rm", "file-1", "file-2")]
)
def test_a_bad_key_is_told_once(fake: FakeLarder, arguments: tuple[str, ...]) -> None:
    write("a", b"1")

    refused = larder(*arguments, "--api-key", "zk_live_wrong")

    assert refused.exit_code == 1
    assert "Incorrect API key provided." in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert len(fake.asked) == 1


@pytest.mark.usefixtures("fake")
@pytest.mark.parametrize("arguments", [("put", "a", "a"), ("get", "file-1"), ("ls",)])
def test_a_server_that_cannot_be_reached_is_told_in_one_line(arguments: tuple[str, ...]) -> None:
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
def test_a_base_url_that_is_none_is_told_in_one_line(url: str) -> None:
    refused = larder("ls", "--base-url", url, "--api-key", KEY)

    assert refused.exit_code == 1
    assert "base URL" in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_a_key_that_no_header_can_carry_is_told_in_one_line() -> None:
    refused = larder("ls", "--base-url", "http://larder.test/v1", "--api-key", "zk_live_\nä")

    assert refused == Printed(1, "", "larder: The API key has characters that no key has.\n", b"")


@pytest.mark.parametrize("span", ["soon", "1.5h", "-1"])
def test_a_span_that_is_none_is_wrong_use(span: str) -> None:
    refused = larder("put", "a", f"--expires-after={span}")

    assert refused.exit_code == 2
    assert "not a span of time" in refused.stderr


def env_file(**variables: str) -> None:
    Path(".local").mkdir()
    lines = [f"LARDER_{name}={value}\n" for name, value in variables.items()]
    Path(".local/env").write_text("".join(lines))


def test_the_local_stack_is_found_by_its_file(fake: FakeLarder) -> None:
    del os.environ["LARDER_BASE_URL"], os.environ["LARDER_API_KEY"]
    env_file(BASE_URL=fake.base_url, API_KEY=KEY)

    assert larder("ls").exit_code == 0


def test_the_environment_comes_before_the_local_stack(fake: FakeLarder) -> None:
    env_file(BASE_URL="http://127.0.0.1:1/v1", API_KEY="zk_live_local")

    assert larder("ls").exit_code == 0
    assert len(fake.asked) == 1


def test_nothing_to_talk_to_says_how_to_get_it() -> None:
    refused = larder("ls")

    assert refused.exit_code == 1
    assert "make run" in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_a_key_of_the_environment_does_not_go_to_an_address_of_a_file(fake: FakeLarder) -> None:
    del os.environ["LARDER_BASE_URL"]
    env_file(BASE_URL=fake.base_url, API_KEY="zk_live_local")

    refused = larder("ls")

    assert refused.exit_code == 1
    assert "LARDER_API_KEY is set but LARDER_BASE_URL is not" in refused.stderr
    assert not fake.asked


def test_a_key_of_a_file_does_not_go_to_another_address(fake: FakeLarder) -> None:
    del os.environ["LARDER_API_KEY"]
    env_file(BASE_URL="http://127.0.0.1:1/v1", API_KEY=KEY)

    refused = larder("ls")

    assert refused.exit_code == 1
    assert f"There is no key for {fake.base_url}" in refused.stderr
    assert not fake.asked
