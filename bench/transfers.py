"""How fast files go up and down: Larder's client against a bare presigned PUT and GET by curl.

    uv run python -m bench.transfers [--quick] [--mib N]

Needs a running stack ('make run', or LARDER_ENV_FILE). Every way is checked for its bytes before
it is timed; then the ways take turns on the same stack, and the shortest of the rounds counts,
because that is the one that other programs disturbed least. Ratios are what this is for: all ways
wait for the same server, an emulator in one process on the same machine.
"""

import argparse
import contextlib
import hashlib
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import boto3
import httpx
from botocore.config import Config

from bench.results import table, write_section
from larder.domain.quota import Amount
from larder.services.projects import create_key, create_project
from larder_cli.deployment import find_deployment
from larder_cli.failures import OperatorError
from larder_client import Client, LarderClientError

MIB = 2**20
GOAL = 1.15
CURL = ("curl", "--silent", "--fail")
LARDER = Path(sys.executable).with_name("larder")

_HIGH_WATER = re.compile(r"VmHWM:\s*(\d+) kB")


@dataclass(frozen=True)
class Measured:
    """One way's best round: wall clock, the client's own processor time, and its peak memory."""

    seconds: float
    cpu: float | None = None
    peak: int | None = None


class Transfers:
    """A project on the running stack, with a file to send and fetch."""

    def __init__(self, folder: Path, size: int) -> None:
        self.size = size
        self.source, self.target = folder / "source.bin", folder / "target.bin"
        with self.source.open("wb") as file:
            for number in range(size // MIB):
                file.write(hashlib.shake_128(str(number).encode()).digest(MIB))
        self.digest = _sha256(self.source)
        ports = find_deployment().ports
        name = f"bench-{secrets.token_hex(4)}"
        limit = Amount(files=10, bytes=4 * size)
        project = create_project(name, limit, projects=ports.projects, clock=time.time)
        key, _ = create_key(project.id, keys=ports.keys, pepper=ports.pepper, clock=time.time)
        os.environ["LARDER_API_KEY"] = key
        os.environ["XDG_STATE_HOME"] = str(folder)
        self.client = Client()
        self.bucket = os.environ["LARDER_FILES_BUCKET"]
        self.s3 = boto3.client(
            "s3",
            endpoint_url=os.environ.get("AWS_ENDPOINT_URL"),
            config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
        )
        self.key = f"bench/{name}"

    def curl_put(self) -> Measured:
        """PUT everything to one signed URL, under a key that nothing is notified of."""
        url = self._sign("put_object")
        return _process(*CURL, "--upload-file", str(self.source), url)

    def curl_parts(self) -> Measured:
        """PUT the same parts, four at a time, and complete: what parts cost by themselves."""
        upload = self._api("", {"filename": "a", "purpose": "user_data", "bytes": self.size})
        transfer = upload["transfer"]
        uploads: list[str] = []
        with self.source.open("rb") as file:
            for part in transfer.get("parts", [transfer]):
                piece = self.source.with_suffix(f".{len(uploads)}")
                piece.write_bytes(file.read(transfer.get("part_size", self.size)))
                uploads += ["--upload-file", str(piece), part["url"]]
        headers = [f"{k}: {v}" for k, v in transfer.get("headers", {}).items()]
        given = [word for header in headers for word in ("--header", header)]
        started = time.perf_counter()
        measured = _process(*CURL, "--parallel", "--parallel-max", "4", *given, *uploads)
        file_id = self._api(f"/{upload['id']}/complete", {"part_ids": []})["file"]["id"]
        seconds = time.perf_counter() - started
        self._stored(file_id)
        return replace(measured, seconds=seconds)

    def client_put(self) -> Measured:
        """Announce, send in parts and complete, in this process."""
        started = time.perf_counter()
        sent = self.client.put(self.source, purpose="user_data")
        measured = Measured(time.perf_counter() - started)
        self._stored(sent.file.id)
        return measured

    def cli_put(self) -> Measured:
        """The same by `larder put`, from its start to its end."""
        measured = _process(str(LARDER), "put", str(self.source), "--purpose", "user_data")
        [file] = self.client.page().data
        self._stored(file.id)
        return measured

    def curl_get(self) -> Measured:
        """GET from one signed URL."""
        url = self._sign("get_object")
        return _process(*CURL, "--output", str(self.target), url)

    def client_get(self, file_id: str) -> Measured:
        """Fetch and compare the checksum, in this process."""
        started = time.perf_counter()
        self.client.get(file_id, self.target, overwrite=True)
        return Measured(time.perf_counter() - started)

    def cli_get(self, file_id: str) -> Measured:
        """The same by `larder get`, from its start to its end."""
        return _process(str(LARDER), "get", file_id, "-o", str(self.target), "--force")

    def put_once(self) -> str:
        """Store the file for the downloads, and return its id."""
        file = self.client.put(self.source, purpose="user_data").file
        return self.client.wait(file.id).id

    def check_target(self) -> None:
        """See that what was fetched is what was sent."""
        _expect(_sha256(self.target) == self.digest, "fetched bytes")

    def _stored(self, file_id: str) -> None:
        """See that the file is what was sent, and remove it once nothing works on it any more."""
        self.client.wait(file_id)
        self.client.get(file_id, self.target, overwrite=True)
        self.check_target()
        self.client.delete(file_id)

    def _api(self, path: str, body: dict[str, object]) -> dict[str, Any]:
        answer = httpx.post(
            f"{self.client.base_url}/uploads{path}",
            headers={"Authorization": f"Bearer {os.environ['LARDER_API_KEY']}"},
            json=body,
            timeout=60,
        )
        found: dict[str, Any] = answer.raise_for_status().json()
        return found

    def _sign(self, operation: str) -> str:
        parameters = {"Bucket": self.bucket, "Key": self.key}
        return str(self.s3.generate_presigned_url(operation, Params=parameters))

    def close(self) -> None:
        """Remove what is left."""
        for file in self.client.files():
            self.client.delete(file.id)
        self.s3.delete_object(Bucket=self.bucket, Key=self.key)
        self.client.close()


def main() -> None:
    """Measure, print and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two rounds, nothing written")
    parser.add_argument("--mib", type=int, default=256, help="size of the file")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="larder-bench-"))
    try:
        with contextlib.closing(Transfers(folder, options.mib * MIB)) as transfers:
            text = _report(transfers, options.mib, rounds=2 if options.quick else 7)
    except (LarderClientError, OperatorError) as failure:
        sys.exit(f"bench: {failure}")
    finally:
        shutil.rmtree(folder)
    print(text)
    if not options.quick:
        write_section("Transfers", text)


def _report(transfers: Transfers, mib: int, rounds: int) -> str:
    up = _in_turns(
        {
            "curl, one presigned PUT": transfers.curl_put,
            "curl, the same parts, and complete": transfers.curl_parts,
            "larder_client": transfers.client_put,
            "larder put, whole process": transfers.cli_put,
        },
        rounds,
    )
    file_id = transfers.put_once()
    ways: dict[str, Callable[[], Measured]] = {
        "curl, one presigned GET": transfers.curl_get,
        "larder_client, verified": lambda: transfers.client_get(file_id),
        "larder get, whole process": lambda: transfers.cli_get(file_id),
    }
    for way in ways.values():
        way()
        transfers.check_target()
    down = _in_turns(ways, rounds)
    return "\n\n".join(
        (
            (
                f"{mib} MiB on the embedded stack, best of {rounds} rounds in turns. "
                f"Goal: at most {GOAL} times curl. Larder's times include announcing, completing "
                "and the SHA-256; the bytes of every upload were fetched and compared."
            ),
            _table("upload", up, mib),
            _table("download", down, mib),
        )
    )


def _in_turns(ways: dict[str, Callable[[], Measured]], rounds: int) -> dict[str, Measured]:
    for way in ways.values():
        way()  # Cold functions and caches are nobody's merit.
    best: dict[str, Measured] = {}
    for _ in range(rounds):
        for name, way in ways.items():
            measured = way()
            if name not in best or measured.seconds < best[name].seconds:
                best[name] = measured
    return best


def _table(direction: str, best: dict[str, Measured], mib: int) -> str:
    base = next(iter(best.values())).seconds
    rows = [
        (
            name,
            f"{measured.seconds:.2f}",
            f"{mib / measured.seconds:.0f}",
            f"{measured.seconds / base:.2f}",
            "" if measured.cpu is None else f"{measured.cpu:.2f}",
            "" if measured.peak is None else f"{measured.peak / MIB:.0f}",
        )
        for name, measured in best.items()
    ]
    return table((direction, "s", "MiB/s", "ratio", "client CPU s", "peak MiB"), rows)


def _process(*command: str) -> Measured:
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peaks: list[int] = []
    watch = threading.Thread(target=_watch_memory, args=(process.pid, peaks))
    watch.start()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    watch.join()
    _expect(process.returncode == 0, f"exit status {process.returncode} of {command[0]}")
    return Measured(seconds, usage.ru_utime + usage.ru_stime, max(peaks))


def _watch_memory(pid: int, peaks: list[int]) -> None:
    """Note the process's peak memory until it ends: wait4 would count its parent's as well."""
    with contextlib.suppress(OSError):
        while found := _HIGH_WATER.search(Path(f"/proc/{pid}/status").read_text()):
            peaks.append(int(found[1]) * 1024)
            time.sleep(0.02)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _expect(condition: bool, what: str) -> None:  # noqa: FBT001
    if not condition:
        sys.exit(f"bench: not as it should be: {what}")


if __name__ == "__main__":
    main()
