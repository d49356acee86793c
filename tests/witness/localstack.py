"""LocalStack as a process of its own: the second witness, on a free port of this machine."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from local.ports import HOST, free_port
from tests.support.template import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

PYTHON = ROOT / ".tools/witness/bin/python"
WORKERS = Path(__file__).with_name("workers.json")
START_SECONDS = 240
"""It takes ten, and minutes on a machine that is busy with the other gates."""

STOP_SECONDS = 10


@contextmanager
def started_localstack() -> Iterator[str]:
    """Start LocalStack with nothing in it, yield its endpoint, and stop it at the end."""
    assert PYTHON.exists(), "LocalStack is not installed: run 'make witness'."
    with tempfile.TemporaryDirectory(prefix="larder-witness-") as name:
        folder = Path(name)
        port = free_port()
        for each in ("home", "tmp", "cache", "state"):
            (folder / each).mkdir()
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder / "home"),
            "TMPDIR": str(folder / "tmp"),
            "XDG_CACHE_HOME": str(folder / "cache"),
            "FILESYSTEM_ROOT": str(folder / "state"),
            "GATEWAY_LISTEN": f"{HOST}:{port}",
            "LOCALSTACK_HOST": f"localhost:{port}",
            # It reaches nothing outside of this machine.
            "DISABLE_EVENTS": "1",
            "SKIP_SSL_CERT_DOWNLOAD": "1",
            "DNS_ADDRESS": "0",
            "S3_SKIP_SIGNATURE_VALIDATION": "0",
            # The answers of the batches' workers.
            "SFN_MOCK_CONFIG": str(WORKERS),
        }
        log = folder / "log"
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603
                [PYTHON, "-m", "localstack.runtime.main"],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        try:
            endpoint = f"http://{HOST}:{port}"
            _wait(process, endpoint, log)
            yield endpoint
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(process: subprocess.Popen[bytes], endpoint: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        try:
            if httpx.get(f"{endpoint}/_localstack/health", timeout=5).is_success:
                return
        except httpx.HTTPError:
            time.sleep(0.1)
    raise AssertionError(log.read_text())
