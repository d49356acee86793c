"""A run in the background: `make start`, `make status` and `make stop`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from local.banner import FOLLOWS
from local.emulator import recover
from local.errors import LocalError
from local.state import ROOT

if TYPE_CHECKING:
    from local.state import State

STOP_SECONDS = 60
POLL_SECONDS = 0.1


def start(state: State, port: int) -> None:
    """Start a run that outlives this process, and print what it prints until it is ready.

    Raises:
        LocalError: a run uses the folder, or the new one did not become ready. It has said why.
    """
    with state.held():
        # Otherwise its log would be overwritten.
        log = state.log("run")
        output = log.open("wb")
    command = [sys.executable, "-m", "local", "run"]
    with output:
        child = subprocess.Popen(
            [*command, "--port", str(port), "--state", str(state.folder)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        with log.open() as lines:
            ready = _relay(lines, child)
    except KeyboardInterrupt:
        child.terminate()
        child.wait()
        print()
        return
    if not ready:
        message = f"Larder did not start. All that it printed is in {log}"
        raise LocalError(message)
    print(
        f"Larder runs in the background. The functions' logs: {_short(log)}\n"
        "'make status' says where it is, 'make stop' stops it."
    )


def status(state: State) -> None:
    """Print whether a run uses the folder, and where it is."""
    pid = state.holder()
    if pid is None:
        orphan = " Its last run was killed; the next one goes on." if state.pid.exists() else ""
        print(f"Larder is not running. Start it with 'make run' or 'make start'.{orphan}")
        return
    variables = state.published()
    if variables is None:
        print(f"Larder is starting or stopping (process {pid}).")
        return
    print(f"Larder is running (process {pid}).")
    print(f"  base URL   {variables['LARDER_BASE_URL']}")
    print(f"  variables  {_short(state.env)}    (source it for the address and a key)")
    print(f"  logs       {_short(state.log('run'))}    (of 'make start')")


def stop(state: State) -> None:
    """Stop the run that uses the folder, or what is left of one that was killed.

    Raises:
        LocalError: it has not stopped within a minute.
    """
    pid = state.holder()
    if pid is None:
        with state.held():
            state.unpublish()
            print(recover(state) or "Larder is not running.")
        return
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while state.holder() == pid:
        if time.monotonic() > deadline:
            message = f"Process {pid} has not stopped. Look at it, and end it: kill -9 {pid}"
            raise LocalError(message)
        time.sleep(POLL_SECONDS)
    print("Larder has stopped. The next run has its files again.")


def _relay(lines: TextIO, child: subprocess.Popen[bytes]) -> bool:
    """Print what the child prints until it is ready, and return whether it became so."""
    while True:
        ended = child.poll() is not None
        while text := lines.readline():
            if text.startswith(FOLLOWS):
                return True
            print(text, end="", flush=True)
        if ended:
            return False
        time.sleep(POLL_SECONDS)


def _short(path: Path) -> Path:
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
