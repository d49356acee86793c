"""MiniStack's process: started on one port of 127.0.0.1, stopped so that its state is kept."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import httpx

from local.emulator_fixes.saved_state import repair
from local.errors import LocalError, blame
from local.ports import BIND, HOST, free_port, refuse_taken
from local.state import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from local.state import State

PYTHON = ROOT / ".tools/emulator/bin/python"
PROGRAM = ROOT / "local/emulator_fixes/patches.py"
REGION = "us-east-1"
START_SECONDS = 60
STOP_SECONDS = 30


class Emulator:
    """One MiniStack, which lives at most as long as this process."""

    def __init__(self, state: State, port: int) -> None:
        if sys.platform != "linux":
            message = "The functions' layer contains Linux binaries: run this on Linux or in a VM."
            raise LocalError(message)
        if not PYTHON.exists():
            message = f"MiniStack is not installed in {PYTHON.parent}: run 'make tools'."
            raise LocalError(message)
        self._state = state
        self.port = port or free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        """The endpoint URL of every AWS service."""
        return f"http://{HOST}:{self.port}"

    @property
    def aws_settings(self) -> dict[str, str]:
        """The variables that point an AWS SDK to the emulator, as the account's root user."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
        }

    def start(self) -> None:
        """Start the process; `wait_until_ready` waits until it answers.

        Raises:
            LocalError: the port is taken.
        """
        refuse_taken(self.port)
        folder = self._state.emulator
        if self._state.port.exists():
            saved_on = int(self._state.port.read_text())
            repair(self._state.metadata, saved_on=saved_on, port=self.port)
        self._state.forget_saved()
        scratch = _fresh_scratch(folder)
        # Every function inherits this environment, so it must not contain the caller's AWS
        # settings, Python settings or virtual environment.
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", "/"),
            "TMPDIR": str(scratch),
            "GATEWAY_PORT": str(self.port),
            "BIND_HOST": os.environ.get(BIND, HOST),
            "MINISTACK_HOST": HOST,
            "MINISTACK_REGION": REGION,
            # As on AWS, S3 has another host than the API. So a client that follows a redirect drops
            # its key, or S3 refuses it.
            "AWS_ENDPOINT_URL_S3": f"http://localhost:{self.port}",
            "AUTH": "true",
            "PERSIST_STATE": "1",
            "STATE_DIR": str(self._state.metadata),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(folder / "objects"),
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
        }
        with self._state.log("emulator").open("wb") as log:
            # In its own session, so that Ctrl-C reaches it only through `stop`, and only once.
            self._process = subprocess.Popen(
                # -P: MiniStack must not import the modules beside the program.
                [PYTHON, "-P", PROGRAM],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._state.port.write_text(str(self.port))
        self._state.pid.write_text(f"{self._process.pid} {self.port}")

    def wait_until_ready(self) -> None:
        """Wait until every service answers.

        Raises:
            LocalError: the process ended, or was not ready within a minute.
        """
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            self.check_alive()
            try:
                if httpx.get(f"{self.endpoint}/_ministack/health", timeout=5).is_success:
                    return
            except httpx.HTTPError:
                time.sleep(0.05)
        message = f"The emulator did not start in time. Its log: {self._state.log('emulator')}"
        raise LocalError(message)

    def check_alive(self) -> None:
        """Raise LocalError if the process ended unexpectedly."""
        if self._process is not None and self._process.poll() is not None:
            log = self._state.log("emulator")
            raise blame(log, f"The emulator ended unexpectedly. Its log: {log}")

    @property
    def started(self) -> bool:
        """Whether the process was started."""
        return self._process is not None

    def stop(self) -> bool:
        """Stop the process and its functions, and return whether the state was saved."""
        if self._process is None:
            return True
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        try:
            saved = self._process.wait(STOP_SECONDS) == 0
        except subprocess.TimeoutExpired:
            saved = False
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        if saved:
            self._state.pid.unlink(missing_ok=True)
        return saved


def recover(state: State) -> str | None:
    """Clean up `state` after a run that was killed, and return a message about it, or None.

    After a hard kill, the objects on disk are newer than the metadata, which is saved every minute.
    """
    try:
        pid, port = (int(word) for word in state.pid.read_text().split())
    except FileNotFoundError:
        return None
    if _answers(port) and _stop_orphan(pid):
        state.pid.unlink()
        return "The last run was killed but its emulator was not. Stopped it; its state is kept."
    saved_at = state.restore()
    state.pid.unlink()
    if saved_at is not None:
        at = time.strftime("%H:%M:%S", time.localtime(saved_at))
        return f"The last run was killed. Its state of {at} is kept; what came later is lost."
    state.forget()
    return "The last run was killed before it saved its state. Starting clean; its files are lost."


def save_now(state: State) -> None:
    """Have the running emulator save its metadata, as it does every minute by itself."""
    pid, _ = state.pid.read_text().split()
    os.kill(int(pid), signal.SIGUSR1)


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://{HOST}:{port}/_ministack/health", timeout=5).is_success
    except httpx.HTTPError:
        return False


def _stop_orphan(pid: int) -> bool:
    deadline = time.monotonic() + STOP_SECONDS
    try:
        os.kill(pid, signal.SIGINT)
        while time.monotonic() < deadline:
            time.sleep(0.1)
            os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def _fresh_scratch(folder: Path) -> Path:
    """Return an empty folder for the functions' code, and remove those of earlier runs.

    An old folder has some ten thousand files. A thread removes them during the build, or the next
    start does if this run ends first.
    """
    old = list(folder.glob("tmp-*"))
    scratch = folder / f"tmp-{time.time_ns()}"
    scratch.mkdir(parents=True)

    def remove() -> None:
        for each in old:
            shutil.rmtree(each, ignore_errors=True)

    threading.Thread(target=remove, daemon=True).start()
    return scratch
