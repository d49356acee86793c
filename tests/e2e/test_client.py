"""`larder put`, `get`, `validate` and `larder_client` against the deployed stack."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from larder_client import ApiError, AsyncClient, Client
from tests.e2e.api import batch_lines, eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.e2e.api import Api
    from tests.e2e.projects import NewProject, Project
    from tests.e2e.stack import Stack

MIB = 2**20
LARGE = 256 * MIB
PEAK_MEMORY = 128 * MIB
FUNCTION_MEMORY_MIB = 256
LARDER = Path(sys.executable).with_name("larder")

# A process's peak memory includes its parent's when it started, so this parent is small.
MEASURED = """
import os, resource, sys
pid = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
with open(sys.argv[1], "w") as file:
    file.write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024))
sys.exit(status)
"""


@dataclass(frozen=True)
class Shell:
    """A user at a terminal: a folder, and an environment with a project's base URL and key."""

    folder: Path
    project: Project

    def start(self, *arguments: str, before: Sequence[str | Path] = ()) -> subprocess.Popen[bytes]:
        environment = {
            **os.environ,
            "LARDER_BASE_URL": self.project.base_url,
            "LARDER_API_KEY": self.project.key,
            "XDG_STATE_HOME": str(self.folder / "state"),
        }
        return subprocess.Popen(  # noqa: S603 - the command under test
            [*before, LARDER, *arguments],
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def run(self, *arguments: str) -> Ended:
        return _ended(self.start(*arguments))

    def run_measured(self, *arguments: str) -> tuple[Ended, int]:
        """Run the command, and return its peak memory in bytes, too."""
        peak = self.folder / "peak"
        ended = _ended(self.start(*arguments, before=(sys.executable, "-c", MEASURED, peak)))
        return ended, int(peak.read_text())

    def signal_when(
        self, seen: Callable[[int], bool], number: signal.Signals, *arguments: str
    ) -> Ended:
        """Start the command, and send it a signal once `seen` is true for its process."""
        process = self.start(*arguments)
        deadline = time.monotonic() + 60
        while process.poll() is None and not seen(process.pid):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert high_water(process.pid) < PEAK_MEMORY
        process.send_signal(number)
        ended = _ended(process)
        assert ended.status != 0, ended
        return ended

    def has_received(self, name: str, megabytes: int) -> Callable[[int], bool]:
        """Return a test of a process: has it downloaded this much of the file?"""
        log = self.folder / f"{name}.part.log"
        return lambda _: log.exists() and log.read_bytes().count(b"\n") > megabytes

    def has_read(self, path: Path, position: int) -> Callable[[int], bool]:
        """Return a test of a process: has it read the file beyond this position?"""
        return lambda pid: self.upload_id is not None and read_position(pid, path) > position

    @property
    def upload_id(self) -> str | None:
        """The id of the upload in the user's state folder, if any."""
        entries = list((self.folder / "state/larder/uploads").glob("*.json"))
        return json.loads(entries[0].read_bytes())["upload_id"] if entries else None


@dataclass(frozen=True)
class Ended:
    status: int
    out: bytes
    err: str

    @property
    def json(self) -> Any:
        assert self.status == 0, self.err
        return json.loads(self.out)


def _ended(process: subprocess.Popen[bytes]) -> Ended:
    out, err = process.communicate(timeout=120)
    return Ended(process.returncode, out, err.decode())


@pytest.fixture
def shell(project: Project, tmp_path: Path) -> Shell:
    return Shell(tmp_path, project)


def write(shell: Shell, name: str, data: bytes) -> Path:
    path = shell.folder / name
    path.write_bytes(data)
    return path


@pytest.fixture(scope="module")
def large_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("large") / "large.bin"
    with path.open("wb") as file:
        for number in range(LARGE // MIB):
            file.write(hashlib.shake_128(str(number).encode()).digest(MIB))
    return path


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@pytest.mark.parametrize("size", [0, 100, 3 * MIB, 5 * MIB])
def test_a_file_is_uploaded_and_downloaded_unchanged(shell: Shell, size: int) -> None:
    data = hashlib.shake_128(b"any").digest(size)
    write(shell, "a.bin", data)

    sent = shell.run("put", "a.bin", "--purpose", "user_data", "--json").json
    got = shell.run("get", sent["file"]["id"], "-o", "b.bin", "--json").json

    assert (shell.folder / "b.bin").read_bytes() == data
    assert got["verified"] in {"sha256", "md5"}
    assert shell.run("get", sent["file"]["id"], "-o", "-").out == data


def test_put_waits_for_the_validation_of_a_batch_file(shell: Shell) -> None:
    write(shell, "good.jsonl", batch_lines(3))
    write(shell, "bad.jsonl", batch_lines(2) * 2)

    good = shell.run("put", "good.jsonl", "--wait")
    bad = shell.run("put", "bad.jsonl", "--wait", "--json")

    assert good.status == 0, good.err
    assert "valid, 3 requests" in good.err
    assert bad.status == 1
    answer = json.loads(bad.out)
    assert answer["file"]["status"] == "error"
    assert [problem["line"] for problem in answer["validation"]["errors"]] == [3, 4]


def test_the_local_report_equals_the_servers(shell: Shell, api: Api) -> None:
    data = batch_lines(2) * 2 + b'\xff\n{"custom_id": 1}\n\n[]\n'
    write(shell, "bad.jsonl", data)
    file_id = api.create_file(data, purpose="batch")["id"]
    api.settled(file_id)

    here = json.loads(shell.run("validate", "bad.jsonl", "--json").out)
    there = api.json("GET", f"/files/{file_id}/validation")

    of_this_run = {"file_id", "validated_at", "duration_ms"}
    assert set(there) == set(here) - {"path"}
    assert {name: here[name] for name in there if name not in of_this_run} == {
        name: value for name, value in there.items() if name not in of_this_run
    }


def test_a_large_transfer_survives_two_kills_in_each_direction(
    new_project: NewProject, stack: Stack, tmp_path: Path, large_file: Path
) -> None:
    shell = Shell(tmp_path, new_project(size=300 * MIB))
    put = ("put", str(large_file), "--purpose", "user_data")
    for position in (40 * MIB, 88 * MIB):
        sending = shell.has_read(large_file, position)
        shell.signal_when(sending, signal.SIGKILL, *put, "--parallel", "1")
    with shell.project.api() as api:
        before = arrived(shell, api)
        assert before >= 5
        sent, peak = shell.run_measured(*put, "--json")
        assert sent.json["resumed_bytes"] == before * 16 * MIB
        assert sent.json["way"] == "parts"
        assert peak < PEAK_MEMORY
        file = sent.json["file"]
        assert api.in_use() == (1, LARGE)
        assert api.settled(file["id"])["status"] == "processed"

    for megabytes in (20, 100):
        receiving = shell.has_received("large.bin", megabytes)
        shell.signal_when(receiving, signal.SIGKILL, "get", file["id"])
    got, peak = shell.run_measured("get", file["id"], "--json")

    assert got.json["resumed_bytes"] >= 99 * MIB
    assert (got.json["verified"], got.json["sha256"]) == ("sha256", sha256(large_file))
    assert peak < PEAK_MEMORY
    assert sha256(shell.folder / "large.bin") == sha256(large_file)
    for function in FUNCTIONS_OF_A_TRANSFER:
        assert 0 < function_memory(stack, function, shell.project) < FUNCTION_MEMORY_MIB


FUNCTIONS_OF_A_TRANSFER = (
    *("uploads_create", "uploads_get", "uploads_complete", "on_object_created"),
    *("files_get", "files_content"),
)


def function_memory(stack: Stack, function: str, project: Project) -> int:
    """Return the function's peak memory while it worked for the project, in MiB."""
    message = "object_received" if function == "on_object_created" else "request"
    lines = eventually(lambda: stack.logged(function, message, project.id), bool)
    return max(int(line["peak_memory_mib"]) for line in lines)


def high_water(pid: int) -> int:
    """Return the peak memory of a running process so far, in bytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) * 1024


def test_a_large_file_is_uploaded_and_downloaded_in_little_memory(
    new_project: NewProject, tmp_path: Path, large_file: Path
) -> None:
    shell = Shell(tmp_path, new_project(size=300 * MIB))

    sent, sending = shell.run_measured(
        "put", str(large_file), "--purpose", "user_data", "--checksum", "--wait", "--json"
    )
    got, fetching = shell.run_measured("get", sent.json["file"]["id"], "--json")

    assert (sent.json["way"], sent.json["resumed_bytes"]) == ("parts", 0)
    assert sent.json["file"]["sha256"] == sha256(large_file)
    assert (got.json["verified"], got.json["resumed_bytes"]) == ("sha256", 0)
    assert sha256(shell.folder / "large.bin") == sha256(large_file)
    assert max(sending, fetching) < PEAK_MEMORY


def arrived(shell: Shell, api: Api) -> int:
    """Return how many parts of the unfinished upload S3 has."""
    if shell.upload_id is None:
        return 0
    upload = api.json("GET", f"/uploads/{shell.upload_id}")
    return len(upload["transfer"]["arrived"])


def read_position(pid: int, path: Path) -> int:
    """Return how far the process has read the file, 0 if it is not open."""
    with contextlib.suppress(OSError):
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            if descriptor.readlink() == path:
                info = Path(f"/proc/{pid}/fdinfo/{descriptor.name}").read_text()
                return int(info.split()[1])
    return 0


def test_the_async_client_uploads_and_downloads(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(hashlib.shake_128(b"any").digest(70 * MIB))

    async def there_and_back() -> str:
        async with AsyncClient(project.base_url, project.key) as larder:
            sent = await larder.put(path, purpose="user_data")
            assert sent.way == "parts"
            received = await larder.get(sent.file.id, tmp_path / "b.bin")
            assert received.path is not None
            listed = [file.id async for file in larder.files(page_size=1)]
            assert listed[0] == sent.file.id
            return sent.file.id

    file_id = asyncio.run(there_and_back())

    assert sha256(tmp_path / "b.bin") == sha256(path)
    with Client(project.base_url, project.key) as larder:
        assert larder.file(file_id).bytes == 70 * MIB
        assert larder.usage().bytes.used >= 70 * MIB
        assert larder.delete(file_id).deleted
        with pytest.raises(ApiError, match="not found"):
            larder.file(file_id)
