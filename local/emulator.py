"""MiniStack's process: started on one port of 127.0.0.1, stopped so that its state survives."""

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

from local.errors import LocalError
from local.ports import HOST, free_port, refuse_taken
from local.saved import repair
from local.state import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from local.state import State

PYTHON = ROOT / ".tools/emulator/bin/python"
PROGRAM = ROOT / "local/patched.py"
REGION = "us-east-1"
START_SECONDS = 60
STOP_SECONDS = 30


class Emulator:
    """One MiniStack, for as long as this process lives."""

    def __init__(self, state: State, port: int) -> None:
        if sys.platform != "linux":
            message = "The functions' layer holds Linux binaries: this needs Linux, if in a VM."
            raise LocalError(message)
        if not PYTHON.exists():
            message = f"MiniStack is not installed in {PYTHON.parent}: run 'make tools'."
            raise LocalError(message)
        self._state = state
        self.port = port or free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        """The URL that stands in for every AWS service."""
        return f"http://{HOST}:{self.port}"

    @property
    def aws_settings(self) -> dict[str, str]:
        """The variables that point an AWS SDK here, with the rights of the account's root."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
        }

    def start(self) -> None:
        """Start the process; `wait_until_ready` tells when it answers.

        Raises:
            LocalError: the port is taken.
        """
        refuse_taken(self.port)
        folder = self._state.emulator
        if self._state.port.exists():
            saved_on = int(self._state.port.read_text())
            repair(folder / "metadata", saved_on=saved_on, port=self.port)
        scratch = _fresh_scratch(folder)
        # Every function inherits this environment: it must not pick up the caller's AWS settings,
        # Python settings or virtual environment.
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", "/"),
            "TMPDIR": str(scratch),
            "GATEWAY_PORT": str(self.port),
            "BIND_HOST": HOST,
            "MINISTACK_HOST": HOST,
            "MINISTACK_REGION": REGION,
            "AUTH": "true",
            "PERSIST_STATE": "1",
            "STATE_DIR": str(folder / "metadata"),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(folder / "objects"),
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
        }
        with self._state.log("emulator").open("wb") as log:
            # In a session of its own: Ctrl-C must reach it through `stop`, once, and not at once.
            self._process = subprocess.Popen(
                # -P: what lies beside the program is not MiniStack's.
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
        """Return when every service answers.

        Raises:
            LocalError: it ended, or did not get ready in a minute.
        """
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            self.check_alive()
            try:
                if httpx.get(f"{self.endpoint}/_ministack/health", timeout=5).is_success:
                    return
            except httpx.HTTPError:
                time.sleep(0.05)
        message = f"The emulator did not get ready. Its log: {self._state.log('emulator')}"
        raise LocalError(message)

    def check_alive(self) -> None:
        """Raise LocalError if the process has ended by itself."""
        if self._process is not None and self._process.poll() is not None:
            message = f"The emulator ended by itself. Its log: {self._state.log('emulator')}"
            raise LocalError(message)

    @property
    def started(self) -> bool:
        """Whether there is something to stop."""
        return self._process is not None

    def stop(self) -> bool:
        """Stop the process and its functions, and return whether the state is saved."""
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
    """Put `state` in order after a run that did not end as it should, and say what was done.

    MiniStack writes its metadata when it stops gracefully and at no other time, so after a hard
    kill the objects on disk belong to records that are gone.
    """
    try:
        pid, port = (int(word) for word in state.pid.read_text().split())
    except FileNotFoundError:
        return None
    if _answers(port) and _stop_orphan(pid):
        state.pid.unlink()
        return "The last run was killed, its emulator was not: stopped it now, nothing is lost."
    state.forget()
    return "The last run was killed before it saved its state: starting clean, its files are gone."


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

    Every function has had the whole layer unpacked there: some ten thousand files, which go while
    the build runs, or at the next start if this run ends before they are gone.
    """
    old = list(folder.glob("tmp-*"))
    scratch = folder / f"tmp-{time.time_ns()}"
    scratch.mkdir(parents=True)

    def remove() -> None:
        for each in old:
            shutil.rmtree(each, ignore_errors=True)

    threading.Thread(target=remove, daemon=True).start()
    return scratch
