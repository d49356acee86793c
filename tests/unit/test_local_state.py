"""What a local run keeps when it is killed, and what `make clean` leaves alone."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from local.clean import clean
from local.emulator import recover
from local.errors import LocalError
from local.state import State

if TYPE_CHECKING:
    from pathlib import Path

NOBODY = 1


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> State:
    """The state of a run that was killed."""
    monkeypatch.setattr("local.emulator._answers", lambda _: False)
    state = State(tmp_path / "run")
    state.metadata.mkdir(parents=True)
    (state.metadata / "dynamodb.json").write_text("as it began")
    (state.metadata / "code.zip").write_text("code")
    state.pid.write_text(f"{2**22} {NOBODY}")
    state.api_key.write_text("zk_live_x")
    state.fingerprint("deploy").write_text("f")
    return state


def save(state: State, name: str, text: str) -> None:
    (state.emulator / name).mkdir()
    (state.emulator / name / "dynamodb.json").write_text(text)


def test_a_killed_run_goes_on_with_what_it_saved_last(state: State) -> None:
    save(state, "saved", "a minute ago")
    save(state, "saved-old", "two minutes ago")
    save(state, "saved-draft", "half")

    note = recover(state)

    assert note is not None
    assert note.startswith("The last run was killed. Its state of ")
    assert (state.metadata / "dynamodb.json").read_text() == "a minute ago"
    assert (state.metadata / "code.zip").read_text() == "code"
    assert [path.name for path in state.emulator.iterdir()] == ["metadata"]
    assert state.api_key.exists()
    assert recover(state) is None


def test_a_run_that_was_killed_while_it_saved_goes_on_with_the_one_before(state: State) -> None:
    save(state, "saved-old", "two minutes ago")
    save(state, "saved-draft", "half")

    recover(state)

    assert (state.metadata / "dynamodb.json").read_text() == "two minutes ago"


def test_a_run_that_was_killed_before_it_saved_begins_again(state: State) -> None:
    recover(state)

    assert (state.metadata / "dynamodb.json").read_text() == "as it began"


def test_what_was_deployed_since_then_is_deployed_again(state: State) -> None:
    save(state, "saved", "a minute ago")

    recover(state)

    assert not state.fingerprint("deploy").exists()


def test_a_first_run_that_was_killed_early_starts_clean(state: State) -> None:
    (state.metadata / "dynamodb.json").unlink()

    note = recover(state)

    assert note is not None
    assert "Starting clean" in note
    assert not state.api_key.exists()


def test_clean_removes_the_state(tmp_path: Path) -> None:
    root = tmp_path / ".local"
    for folder in (root, root / "fuzz" / "stack"):
        with State(folder).held():
            pass

    clean(root)

    assert not root.exists()


@pytest.mark.parametrize("folder", [".", "fuzz/stack"])
def test_clean_refuses_while_a_stack_runs_there(tmp_path: Path, folder: str) -> None:
    root = tmp_path / ".local"
    running = State((root / folder).resolve())

    with running.held(), pytest.raises(LocalError, match=f"runs in {running.folder}"):
        clean(root)

    assert running.folder.exists()


def test_clean_refuses_while_the_emulator_of_a_killed_run_runs(state: State) -> None:
    with state.held():
        pass
    program = [
        sys.executable,
        "-c",
        "print(flush=True); input()",
        "local/emulator_fixes/patches.py",
    ]
    pipe = subprocess.PIPE
    with subprocess.Popen(program, stdin=pipe, stdout=pipe) as orphan:  # noqa: S603
        assert orphan.stdout is not None
        orphan.stdout.readline()
        state.pid.write_text(f"{orphan.pid} {NOBODY}")

        with pytest.raises(LocalError, match=f"kill -INT {orphan.pid}"):
            clean(state.folder)

        orphan.kill()
    clean(state.folder)
    assert not state.folder.exists()


def test_clean_says_nothing_of_what_is_not_there(tmp_path: Path) -> None:
    clean(tmp_path / ".local")


def test_what_a_client_sources_leads_no_aws_tool_anywhere(tmp_path: Path) -> None:
    state = State(tmp_path)
    client = {"LARDER_BASE_URL": "http://127.0.0.1:1/v1", "LARDER_API_KEY": "zk_live_1"}
    operator = {"LARDER_STACK": "larder-local", "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}

    state.publish(client | operator)

    assert dict(line.split("=", 1) for line in state.env.read_text().splitlines()) == client
    assert state.published() == client | operator
    assert {path.stat().st_mode & 0o777 for path in (state.env, state.operator_env)} == {0o600}
    state.unpublish()
    assert state.published() is None
    assert not state.env.exists()
