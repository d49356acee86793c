"""The embedded model: a process that answers batches on a laptop, named as an upstream."""

from __future__ import annotations

import subprocess
import time
from typing import TYPE_CHECKING

import httpx

from larder.domain.upstreams import Upstream, checked_upstream
from local.ports import HOST, free_port
from local.state import ROOT

if TYPE_CHECKING:
    from larder.services.batches.model_ports import UpstreamRecords
    from local.state import State

INSTALLED = ROOT / ".tools/model/.installed"
PYTHON = ROOT / ".tools/model/bin/python"
PROGRAM = ROOT / "local/model_server.py"
NAME = "embedded"
CONCURRENCY = 4
"""Requests in flight: more would only wait in the server, which answers four at a time."""

START_SECONDS = 60
STOP_SECONDS = 5

OTHER_UPSTREAM = "so batches need another upstream: uv run larder upstream add --help"
MISSING = f"The embedded model is not installed (see .tools/model.log), {OTHER_UPSTREAM}"
OPENMP = "libgomp.so.1"
NO_OPENMP = (
    f"The embedded model did not start without {OPENMP} (Debian and Ubuntu: apt-get install "
    f"libgomp1), {OTHER_UPSTREAM}"
)


class EmbeddedModel:
    """One model server, which lives at most as long as this process."""

    def __init__(self, state: State) -> None:
        self._log = state.log("model")
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process if it is installed; `register` waits until it answers."""
        if not INSTALLED.exists():
            return
        with self._log.open("wb") as log:
            # In its own session, so that Ctrl-C reaches it only through `stop`.
            self._process = subprocess.Popen(
                [PYTHON, PROGRAM, str(self._port)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def register(self, upstreams: UpstreamRecords) -> str | None:
        """Name the server as the upstream of every model.

        Without a server, forgets the one of an earlier run, and returns a message that says why.
        """
        if self._process is None or not self._answers():
            upstreams.remove(NAME)
            return self._why()
        upstreams.put(
            checked_upstream(
                Upstream(
                    name=NAME,
                    base_url=f"http://{HOST}:{self._port}/v1",
                    models=("*",),
                    created_at=int(time.time()),
                    concurrency=CONCURRENCY,
                )
            )
        )
        return None

    def stop(self) -> None:
        """Stop the process."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _why(self) -> str:
        if self._process is None:
            return MISSING
        # The one library that its wheel takes from the machine, and slim images are without.
        if OPENMP in self._log.read_text(errors="replace"):
            return NO_OPENMP
        return f"The embedded model did not start. Its log: {self._log}"

    def _answers(self) -> bool:
        """Wait until the model is loaded, and return whether it is."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process and self._process.poll() is None:
            try:
                if httpx.get(f"http://{HOST}:{self._port}/health", timeout=5).is_success:
                    return True
            except httpx.HTTPError:
                pass
            time.sleep(0.1)
        return False
