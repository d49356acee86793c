"""What it costs to download a batch file from S3 over TLS and to validate it on the way.

    uv run python -m bench.arrival [--quick]

A server in another process sends the bytes over TLS as S3 does, either as fast as they are read or
at the pace of one stream from S3 to a Lambda function. The worker's own adapter reads them. The
bytes or the validation report of each contender are checked before it is timed. The contenders run
in turn, and the best round of each counts.
"""

import argparse
import hashlib
import os
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from bench import baselines, inputs
from bench.interleave import interleave, timed
from bench.results import table, write_section
from bench.stub_aws import make_certificate
from larder.adapters import aws
from larder.adapters.s3 import S3Objects
from larder.domain.ids import FileId, TenantId
from larder_jsonl import BatchValidator

MIB = 2**20
PACE = 75 * MIB
"""Bytes per second of one stream from S3 to a Lambda function, sustained."""
RANGE = 8 * MIB
AHEAD = 4
TENANT, FILE = TenantId("wks-0"), FileId("file-0")
_RANGE = re.compile(rb"\r\n[Rr]ange: bytes=(\d+)-(\d+)\r\n")


def main() -> None:
    """Measure, print and write the results, or with `--serve` run the server."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds; write no results")
    parser.add_argument("--serve", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        folder, path, pace = options.serve
        _serve(Path(folder), Path(path), int(pace))
        return
    text = _report(rounds=2 if options.quick else 7)
    print(text)
    if not options.quick:
        write_section("Arrival", text)


def _report(rounds: int) -> str:
    files = {"long": inputs.long_requests(), "short": inputs.short_requests()}
    parts = ["The worker's adapter reads blocks of 64 KiB. MiB/s are those of the file."]
    with tempfile.TemporaryDirectory() as folder:
        make_certificate(Path(folder))
        os.environ["AWS_CA_BUNDLE"] = str(Path(folder) / "trusted.pem")
        for name, path in files.items():
            parts.append(_unpaced(name, path, Path(folder), rounds))
        parts.append(_paced(files["long"], Path(folder), max(2, rounds // 3)))
    return "\n\n".join(parts)


def _unpaced(name: str, path: Path, folder: Path, rounds: int) -> str:
    with _serving(folder, path, pace=0) as objects:
        contenders: dict[str, Callable[[], object]] = {
            "download alone": partial(_download, objects),
            "download and validation": partial(_validate, objects.blocks),
            "validation alone, from the disk": partial(baselines.larder, path),
            f"{AHEAD} ranges of {RANGE // MIB} MiB at a time, and validation": partial(
                _validate, objects.ranges
            ),
        }
        _check(path, objects)
        best = _best(contenders, rounds, time.process_time)
    size, alone = path.stat().st_size / MIB, best["download alone"]
    rows = [
        (label, f"{seconds:.2f}", f"{size / seconds:,.0f}", f"{seconds / alone:.2f}")
        for label, seconds in best.items()
    ]
    columns = (f"{name}, {size:,.0f} MiB: processor time", "seconds", "MiB/s", "/ download")
    return table(columns, rows)


def _paced(path: Path, folder: Path, rounds: int) -> str:
    with _serving(folder, path, pace=PACE) as objects:
        contenders: dict[str, Callable[[], object]] = {
            "download alone": partial(_download, objects),
            "download and validation": partial(_validate, objects.blocks),
            f"{AHEAD} ranges at a time, and validation": partial(_validate, objects.ranges),
        }
        best = _best(contenders, rounds, time.perf_counter)
    alone = best["download alone"]
    rows = [(label, f"{took:.2f}", f"{took / alone:.2f}") for label, took in best.items()]
    columns = (f"long, each stream at {PACE // MIB} MiB/s: wall clock", "seconds", "/ download")
    return table(columns, rows)


class _Objects(S3Objects):
    """The worker's adapter, with a second way to read: several ranges at a time, in order."""

    size = 0

    def blocks(self) -> Iterator[bytes]:
        """Yield the blocks that the worker reads."""
        stream = self.stream(TENANT, FILE)
        if stream is None:
            raise FileNotFoundError
        with stream as blocks:
            yield from blocks

    def ranges(self) -> Iterator[bytes]:
        """Yield the same bytes, with one thread per range."""
        waiting: deque[Future[bytes]] = deque()
        with ThreadPoolExecutor(AHEAD) as threads:
            for start in range(0, self.size, RANGE):
                waiting.append(threads.submit(self._range, start))
                if len(waiting) == AHEAD:
                    yield from _cut(waiting.popleft().result())
            while waiting:
                yield from _cut(waiting.popleft().result())

    def _range(self, start: int) -> bytes:
        end = min(start + RANGE, self.size) - 1
        answer = self._client.get_object(
            Bucket=self._bucket, Key="files/wks-0/file-0", Range=f"bytes={start}-{end}"
        )
        return answer["Body"].read()


def _cut(data: bytes) -> Iterator[bytes]:
    for start in range(0, len(data), baselines.BLOCK):
        yield data[start : start + baselines.BLOCK]


def _download(objects: _Objects) -> int:
    return sum(map(len, objects.blocks()))


def _validate(blocks: Callable[[], Iterable[bytes]]) -> tuple[int, str]:
    validator = BatchValidator()
    for block in blocks():
        validator.feed(block)
    report = validator.finish()
    return report.request_count, report.sha256


def _check(path: Path, objects: _Objects) -> None:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    right = (
        _download(objects) == objects.size
        and _validate(objects.blocks) == (inputs.REQUESTS, digest)
        and _validate(objects.ranges) == (inputs.REQUESTS, digest)
    )
    if not right:
        raise SystemExit("wrong bytes or validation report: nothing was measured")


def _best(
    contenders: dict[str, Callable[[], object]], rounds: int, clock: Callable[[], float]
) -> dict[str, float]:
    timers = {label: timed(run, clock) for label, run in contenders.items()}
    return interleave(timers, rounds, float)


@contextmanager
def _serving(folder: Path, path: Path, pace: int) -> Iterator[_Objects]:
    command = [sys.executable, "-m", "bench.arrival", "--serve", str(folder), str(path), str(pace)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            port = int((server.stdout or sys.stdin).readline())
            os.environ |= {
                "AWS_ENDPOINT_URL": f"https://127.0.0.1:{port}",
                "AWS_DEFAULT_REGION": "us-east-1",
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
            }
            objects = _Objects(aws.s3_client(aws.new_session()), "larder-files")
            objects.size = path.stat().st_size
            yield objects
        finally:
            server.terminate()


def _serve(folder: Path, path: Path, pace: int) -> None:
    data = path.read_bytes()
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        print(server.getsockname()[1], flush=True)
        while True:
            connection, _ = server.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            given = (tls, connection, data, pace)
            threading.Thread(target=_answer, args=given, daemon=True).start()


def _answer(tls: ssl.SSLContext, plain: socket.socket, data: bytes, pace: int) -> None:
    with tls.wrap_socket(plain, server_side=True) as connection:
        request = b""
        while received := connection.recv(2**16):
            request += received
            if b"\r\n\r\n" not in request:
                continue
            asked = _RANGE.search(request)
            start, end = (int(asked[1]), int(asked[2]) + 1) if asked else (0, len(data))
            request = b""
            status = f"206 Partial Content\r\nContent-Range: bytes {start}-{end - 1}/{len(data)}"
            head = (
                f"HTTP/1.1 {status if asked else '200 OK'}\r\nContent-Length: {end - start}\r\n"
                'Content-Type: binary/octet-stream\r\nETag: "0"\r\n\r\n'
            )
            connection.sendall(head.encode())
            begun = time.perf_counter()
            for offset in range(start, end, 2**18):
                connection.sendall(data[offset : min(offset + 2**18, end)])
                if pace:
                    due = begun + (offset + 2**18 - start) / pace
                    time.sleep(max(0.0, due - time.perf_counter()))


if __name__ == "__main__":
    main()
