"""`python -m local`: what goes wrong ends in one clear line, and a run is found by its folder."""

from __future__ import annotations

import errno
import json
import os
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from local import __main__ as program
from local import background, push
from local.background import stop
from local.banner import FOLLOWS
from local.errors import LocalError, blame
from local.ports import parse_port, refuse_taken
from local.sources import REST, changed_functions, fingerprint
from local.state import ROOT, State

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


type Local = Callable[..., tuple[int, str, str]]


@pytest.fixture
def local(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Local:
    """Run `python -m local` in this process; return its status and what it printed."""

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["local", *arguments])
        status = program.main()
        return status, *capsys.readouterr()

    return run


@pytest.mark.parametrize("port", ["99999", "-1", "abc", "", "4566.0", "٤٥"])
def test_what_is_no_port_is_refused(port: str) -> None:
    with pytest.raises(LocalError, match="is not a port"):
        parse_port(port)


@pytest.mark.parametrize("command", ["run", "start"])
def test_a_port_that_does_not_exist_ends_in_one_line(
    command: str, local: Local, tmp_path: Path
) -> None:
    assert local(command, "--port", "99999", "--state", str(tmp_path)) == (
        *(1, ""),
        "larder: '99999' is not a port. Choose one from 1024 to 65535: make run PORT=4600\n",
    )


@pytest.mark.enable_socket
def test_a_taken_port_ends_in_one_line() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(LocalError, match="is in use"):
            refuse_taken(other.getsockname()[1])


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES])
def test_a_disk_that_takes_nothing_ends_in_one_line(
    code: int, local: Local, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: State) -> None:
        raise OSError(code, os.strerror(code), str(tmp_path / "env"))

    monkeypatch.setattr(program, "status", full)

    status, _, error = local("status", "--state", str(tmp_path))

    assert status == 1
    [line] = error.splitlines()
    assert line.startswith(f"larder: {tmp_path}/env: {os.strerror(code)}. ")


def test_an_error_that_is_not_the_user_s_is_shown_whole(
    local: Local, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: State) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(program, "status", broken)

    with pytest.raises(OSError, match="Input/output"):
        local("status")


def test_a_program_that_failed_for_a_full_disk_is_not_blamed(tmp_path: Path) -> None:
    log = tmp_path / "build.log"
    log.write_text("Traceback\nOSError: [Errno 28] No space left on device\n")

    assert str(blame(log, "sam build failed.")) == (
        f"The disk is full: free some space, and run it again. More in {log}"
    )
    log.write_text("Traceback\n")
    assert str(blame(log, "sam build failed.")) == "sam build failed."


def test_nothing_runs_in_an_unused_folder(local: Local, tmp_path: Path) -> None:
    there = ("--state", str(tmp_path / "a"))

    assert "Larder is not running." in local("status", *there)[1]
    assert local("stop", *there) == (0, "Larder is not running.\n", "")


def test_a_run_is_found_by_its_folder_until_it_ends(local: Local, tmp_path: Path) -> None:
    state, there = State(tmp_path), ("--state", str(tmp_path))

    with state.held():
        assert state.holder() == os.getpid()
        assert "starting or stopping" in local("status", *there)[1]
        state.publish({"LARDER_BASE_URL": "http://127.0.0.1:1/v1"})
        assert "http://127.0.0.1:1/v1" in local("status", *there)[1]
        assert local("start", *there) == (
            *(1, ""),
            f"larder: Larder already runs, in {tmp_path}. Stop it first: make stop\n",
        )
        assert state.holder() == os.getpid()

    assert state.holder() is None


def test_a_process_that_only_has_the_number_of_a_dead_run_is_not_it(tmp_path: Path) -> None:
    state = State(tmp_path)
    state.lock.write_text(str(os.getpid()))

    assert state.holder() is None
    stop(state)


def test_stop_ends_the_run_and_waits_for_it(local: Local, tmp_path: Path) -> None:
    holds = (
        "import signal, sys, time\nfrom pathlib import Path\nfrom local.state import State\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))\n"
        "with State(Path(sys.argv[1])).held():\n    print(flush=True)\n    time.sleep(600)\n"
    )
    with subprocess.Popen(  # noqa: S603 - our own code
        [sys.executable, "-c", holds, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE
    ) as run:
        assert run.stdout is not None
        run.stdout.readline()

        assert local("stop", "--state", str(tmp_path)) == (
            *(0, "Larder has stopped. The next run has its files again.\n"),
            "",
        )
        assert run.wait() == 0


def test_start_prints_what_the_run_prints_and_fails_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(background, "ROOT", tmp_path)
    (tmp_path / "local.py").write_text("print('larder: Port 1 is in use.'); raise SystemExit(1)")

    with pytest.raises(LocalError, match="did not start"):
        background.start(State(tmp_path / "state"), 1)

    assert capsys.readouterr().out == "larder: Port 1 is in use.\n"


# The run outlives the one that started it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_start_ends_when_the_run_is_ready(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(background, "ROOT", tmp_path)
    (tmp_path / "local.py").write_text(
        f"print('building')\nprint({FOLLOWS!r}, flush=True)\nprint('a log', flush=True)\ninput()"
    )

    background.start(State(tmp_path / "state"), 1)

    printed = capsys.readouterr().out
    assert printed.startswith("building\nLarder runs in the background.")
    assert "a log" not in printed


def parts(**changes: str) -> str:
    return json.dumps({"files_get": "1", "sweep": "2", REST: "3"} | changes)


@pytest.mark.parametrize(
    ("now", "changed"),
    [
        (parts(), []),
        (parts(sweep="9"), ["sweep"]),
        (parts(sweep="9", files_get="9"), ["files_get", "sweep"]),
        (parts(**{REST: "9"}), None),
        (parts(new="1"), None),
        (json.dumps({"sweep": "2", REST: "3"}), None),
    ],
)
def test_only_functions_that_changed_are_pushed(now: str, changed: list[str] | None) -> None:
    assert changed_functions(parts(), now) == changed


@pytest.mark.parametrize("before", ["", "0a1b", "12", "[]"])
def test_what_an_earlier_version_wrote_means_a_whole_deployment(before: str) -> None:
    assert changed_functions(before, parts()) is None


def test_every_function_has_its_part_in_the_fingerprint() -> None:
    names = {path.parent.name for path in ROOT.glob("functions/*/app.py")}

    assert json.loads(fingerprint()).keys() == names | {REST}


def test_a_function_that_is_not_python_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push, "ROOT", tmp_path)
    (tmp_path / "functions/sweep").mkdir(parents=True)
    (tmp_path / "functions/sweep/app.py").write_text("x = 1\ndef f(:\n")
    monkeypatch.setattr(push, "fingerprint", lambda: parts(sweep="9"))
    monkeypatch.setattr(push, "status", lambda: "UPDATE_COMPLETE")
    state = State(tmp_path)
    for step in ("build", "deploy"):
        state.fingerprint(step).write_text(parts())

    with pytest.raises(LocalError, match=r"^functions/sweep/app.py, line 2: "):
        push.push(state)

    assert state.fingerprint("deploy").read_text() == parts()


@pytest.mark.parametrize("status", [None, "IMPORT_COMPLETE"])
def test_a_stack_that_is_not_whole_is_deployed_whole(
    status: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push, "fingerprint", parts)
    monkeypatch.setattr(push, "status", lambda: status)
    state = State(tmp_path)
    for step in ("build", "deploy"):
        state.fingerprint(step).write_text(parts())

    assert push.push(state) is None
