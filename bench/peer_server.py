"""AIBrix's file server, started as its documentation says and measured from outside.

It is installed from PyPI into its own environment under `bench/.data`. Requests are sent one after
another over one connection; /proc gives the processor time of the server's process. `peers.md`
describes the method.
"""

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from bench.handlers import UPLOAD

VERSION = "0.8.0"
NAME = f"AIBrix {VERSION}"
STORED = 10_000
_ENVIRONMENT = Path(__file__).parent / ".data" / f"aibrix-{VERSION}"


def measure(*, quick: bool) -> tuple[dict[str, float], str]:
    """Return ms of processor time for each matching function of Larder, and a remark."""
    try:
        server = _installed()
    except (subprocess.CalledProcessError, FileNotFoundError) as failure:
        return {}, f"{NAME} is missing because it could not be installed: {failure}."
    stored = 1_000 if quick else STORED
    rounds = 15 if quick else 150
    with tempfile.TemporaryDirectory() as folder, _running(server, Path(folder)) as (pid, client):
        uploaded = _upload(client, b"x" * 1000)
        found = {
            "files_create": _cost(
                pid, 4, rounds, lambda: _upload(client, secrets.token_bytes(UPLOAD))
            ),
            "files_get": _cost(pid, 16, rounds, lambda: _get(client, uploaded)),
        }
        for _ in range(stored - 4 * rounds):
            _upload(client, b"x")
        found["files_list"] = _cost(pid, 1, 10, lambda: _list(client))
    remark = (
        f"{NAME} keeps {stored:,} files on its own disk. Its time includes its HTTP server; "
        "Larder's does not include Lambda's runtime."
    )
    return found, remark


def _installed() -> Path:
    server = _ENVIRONMENT / "bin" / "aibrix_metadata"
    if not server.exists():
        shutil.rmtree(_ENVIRONMENT, ignore_errors=True)
        subprocess.run(["uv", "venv", "--quiet", "--python", "3.11", _ENVIRONMENT], check=True)
        python = _ENVIRONMENT / "bin" / "python"
        package = f"aibrix=={VERSION}"
        subprocess.run(["uv", "pip", "install", "--quiet", "--python", python, package], check=True)
    return server


@contextmanager
def _running(server: Path, folder: Path) -> Iterator[tuple[int, httpx.Client]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(server), "--host", "127.0.0.1", "--port", str(port), "--dry-run"]
    environment = {**os.environ, "STORAGE_LOCAL_PATH": str(folder)}
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=folder) as process,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client,
    ):
        try:
            for _ in range(300):
                try:
                    client.get("/v1/files")
                    break
                except httpx.TransportError:
                    _expect(process.poll() is None)
                    time.sleep(1)
            yield process.pid, client
        finally:
            process.terminate()


def _cost(pid: int, often: int, batches: int, request: Callable[[], object]) -> float:
    """Return ms per request of the shortest batch, as for Larder's functions."""
    request()
    taken = []
    for _ in range(batches):
        before = _processor_time(pid)
        for _ in range(often):
            request()
        taken.append(_processor_time(pid) - before)
    return min(taken) / often * 1000


def _processor_time(pid: int) -> float:
    """Return the seconds that the process's threads have run; the kernel counts nanoseconds."""
    threads = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9


def _upload(client: httpx.Client, data: bytes) -> str:
    files = {"file": ("a.jsonl", data, "application/octet-stream")}
    answer = client.post("/v1/files", data={"purpose": "batch"}, files=files).raise_for_status()
    file = answer.json()
    _expect(file["bytes"] == len(data))
    return str(file["id"])


def _get(client: httpx.Client, file_id: str) -> None:
    _expect(client.get(f"/v1/files/{file_id}").raise_for_status().json()["id"] == file_id)


def _list(client: httpx.Client) -> None:
    answer = client.get("/v1/files", params={"limit": 100}).raise_for_status().json()
    _expect(len(answer["data"]) == 100 and answer["has_more"])


def _expect(right: object) -> None:
    if not right:
        message = f"wrong answer of {NAME}: nothing was measured"
        raise SystemExit(message)
