"""What `larder` does when its output goes nowhere: real pipes, a full disk, closed streams."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import termios
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.fakes.larder_http import KEY, FakeLarder
from tests.fakes.larder_transports import over_sockets

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
LARDER = f"{sys.executable} -m larder_cli"
CONTROL = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
MISTAKES = ROOT / "examples/mistakes.jsonl"


@pytest.fixture
def fake() -> Iterator[FakeLarder]:
    with over_sockets(FakeLarder()) as fake:
        yield fake


def environment(fake: FakeLarder | None = None) -> dict[str, str]:
    base_url = fake.base_url if fake else "http://127.0.0.1:1/v1"
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{ROOT}/cli:{ROOT}/layers/larder/python",
        "LARDER_BASE_URL": base_url,
        "LARDER_API_KEY": KEY,
    }


def bash(script: str, fake: FakeLarder | None = None) -> subprocess.CompletedProcess[str]:
    """Run a script; its status is that of `larder`, wherever in a pipe that is."""
    return subprocess.run(  # noqa: S603 - the command under test
        ["bash", "-c", script],  # noqa: S607
        env=environment(fake),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_reader_of_a_pipe_may_leave(fake: FakeLarder) -> None:
    for number in range(300):
        fake.add_file(b"1", f"{number}.txt")

    # The reader has left before anything is written.
    script = f"{LARDER} ls --limit 300 | true; exit ${{PIPESTATUS[0]}}"
    for command in (script, script.replace("ls", "ls --json")):
        done = bash(command, fake)
        assert done.stderr == ""
        assert done.returncode in {0, 1}


def test_the_reader_of_a_files_bytes_may_leave(fake: FakeLarder) -> None:
    file_id = fake.add_file(b"line\n" * 500_000, "a.txt")

    done = bash(f"{LARDER} get {file_id} -o - | head -n 1", fake)

    assert (done.stdout, done.stderr) == ("line\n", "")


@pytest.mark.parametrize(
    "command", [f"validate {MISTAKES}", "--version", "--help", "validate --help", "ls"]
)
def test_a_full_disk_is_one_line(command: str, fake: FakeLarder) -> None:
    done = bash(f"{LARDER} {command} > /dev/full", fake)

    assert done.returncode == 1
    assert done.stderr.startswith("larder: ")
    assert done.stderr.endswith("No space left on device\n")
    assert done.stderr.count("\n") == 1


def test_closed_standard_output_is_refused_before_anything_is_done(fake: FakeLarder) -> None:
    done = bash(f"{LARDER} ls >&-", fake)

    assert (done.returncode, done.stderr) == (1, "larder: Standard output is closed.\n")
    assert not fake.requests


@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full"])
def test_without_standard_error_the_result_is_still_printed(redirection: str) -> None:
    good = bash(f"{LARDER} validate {ROOT}/examples/requests.jsonl {redirection}")
    bad = bash(f"{LARDER} validate nothing {redirection}")

    assert (good.returncode, bad.returncode) == (0, 1)
    assert "valid, 20 requests" in good.stdout
    assert bad.stdout == ""


def test_closed_standard_input_asks_nothing(fake: FakeLarder) -> None:
    file_id = fake.add_file(b"1")

    assert bash(f"{LARDER} rm {file_id} <&-", fake).stdout == f"{file_id}\n"


@pytest.mark.parametrize(("answer", "status", "left"), [("n", 1, 1), ("y", 0, 0), ("", 1, 1)])
def test_rm_asks_on_a_terminal(fake: FakeLarder, answer: str, status: int, left: int) -> None:
    file_id = fake.add_file(b"1")

    done, shown = on_terminal(fake, answer, "rm", file_id)

    assert (done, len(fake.files)) == (status, left)
    assert f"Delete {file_id} for good? It cannot be restored. [y/N]" in shown


def test_rm_does_not_ask_where_it_is_told_not_to(fake: FakeLarder) -> None:
    file_id = fake.add_file(b"1")

    done, shown = on_terminal(fake, "", "rm", "--yes", file_id)

    assert (done, len(fake.files)) == (0, 0)
    assert "for good" not in shown


@pytest.mark.parametrize("columns", [60, 80, 100, 200])
def test_an_id_never_wraps(fake: FakeLarder, columns: int) -> None:
    name = "a long name of a file with several words and an end.jsonl"
    ids = [fake.add_file(b"1" * 5_000, name, expires_at=2_000_000_000) for _ in range(3)]

    _, shown = on_terminal(fake, "", "ls", columns=columns)

    assert all(file_id in shown for file_id in ids)
    widest = max(map(len, shown.splitlines()))
    assert widest <= columns
    # What matters more stays longer.
    assert ("expires UTC" in shown) == (columns >= 100)
    assert ("purpose" in shown) == (columns == 200)
    assert "filename" in shown


def on_terminal(
    fake: FakeLarder, answer: str, *arguments: str, columns: int = 80
) -> tuple[int, str]:
    """Return the exit status and what a terminal shows, without its control sequences."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, columns))
    with subprocess.Popen(  # noqa: S603 - the command under test
        [sys.executable, "-m", "larder_cli", *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment(fake) | {"TERM": "xterm"},
        start_new_session=True,
    ) as process:
        os.close(theirs)
        os.write(ours, f"{answer}\n".encode())
        shown = b""
        while True:
            try:
                block = os.read(ours, 65_536)
            except OSError:
                # On Linux, the end of the last process at the terminal.
                break
            shown += block
        status = process.wait(20)
    os.close(ours)
    return status, CONTROL.sub("", shown.decode().replace("\r\n", "\n"))
