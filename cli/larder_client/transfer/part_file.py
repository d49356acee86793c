"""An unfinished download: `NAME.part`, and `NAME.part.log`, which lists the bytes received.

The first line of the log names the file, each further line is a range "start end" that was
received. A range is appended after its bytes were written, so the log stays true when the process
is killed.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from threading import Lock
from typing import TYPE_CHECKING

from larder_client.errors import DestinationError
from larder_client.transfer.progress import SILENT
from larder_client.transfer.source import BLOCK, md5_of

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from typing_extensions import Self


class PartFile:
    """The file `path` of `size` bytes; threads write to it in any order.

    `origin` identifies the remote file, in one line. `with_sha256` hashes the bytes as they arrive,
    up to the first gap.

    Raises:
        DestinationError: the file exists with another origin, or another download writes to it.
        OSError: the file system refuses.
    """

    def __init__(self, path: Path, size: int, origin: str, *, with_sha256: bool) -> None:
        self.path = path
        self.size = size
        self._log_path = path.with_name(path.name + ".log")
        self._log = os.open(
            self._log_path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600
        )
        try:
            _lock(self._log, path)
            self._received = self._read_log(origin)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
        except BaseException:
            os.close(self._log)
            raise
        self.resumed = sum(end - start for start, end in self._received)
        self._changing = Lock()
        self._hashing = Lock()
        self._sha256 = hashlib.sha256()
        self._hashed = 0 if with_sha256 else size

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # A thread that is still running must not write to a file that gets the same descriptor.
        file, self._file = self._file, -1
        log, self._log = self._log, -1
        os.close(file)
        os.close(log)

    def gaps(self) -> list[tuple[int, int]]:
        """Return the missing ranges as (start, end), in order."""
        edges = [0, *(edge for bounds in self._received for edge in bounds), self.size]
        pairs = zip(edges[::2], edges[1::2], strict=True)
        return [(start, end) for start, end in pairs if start < end]

    def write(self, start: int, block: bytes) -> None:
        """Write bytes at their position."""
        view = memoryview(block)
        while view:
            written = os.pwrite(self._file, view, start + len(block) - len(view))
            view = view[written:]
        with self._hashing:
            if self._hashed == start:
                self._sha256.update(block)
                self._hashed += len(block)

    def mark_received(self, start: int, end: int) -> None:
        """Log that this range is written."""
        if start < end:
            os.write(self._log, f"{start} {end}\n".encode())
            with self._changing:
                self._received = _merged([*self._received, (start, end)])

    def update_hash(self) -> None:
        """Hash the bytes that are there, up to the first gap."""
        while True:
            with self._changing:
                first = self._received[0] if self._received else (0, 0)
            available = first[1] if first[0] == 0 else 0
            with self._hashing:
                block = os.pread(
                    self._file, min(BLOCK, max(0, available - self._hashed)), self._hashed
                )
                self._sha256.update(block)
                self._hashed += len(block)
            if not block:
                return

    def sha256(self) -> str:
        """Return the SHA-256 of the whole file in hex; it needs `with_sha256`."""
        self.update_hash()
        return self._sha256.hexdigest()

    def md5(self) -> str:
        """Read the whole file and return its MD5 in hex."""
        with self.path.open("rb") as file:
            return md5_of(iter(lambda: file.read(BLOCK), b""), SILENT)

    def move_to(self, target: Path, *, overwrite: bool) -> None:
        """Rename the complete file, atomically.

        Raises:
            DestinationError: `target` exists and may not be overwritten.
        """
        if overwrite:
            self.path.replace(target)
        else:
            try:
                target.hardlink_to(self.path)
            except FileExistsError as error:
                raise DestinationError(f"{target} already exists.") from error
            except OSError:
                # Not every file system has hard links.
                refuse_existing(target)
                self.path.rename(target)
        self.discard()

    def discard(self) -> None:
        """Remove the file and its log."""
        self.path.unlink(missing_ok=True)
        self._log_path.unlink(missing_ok=True)

    def _read_log(self, origin: str) -> list[tuple[int, int]]:
        """Return the ranges in the log, without a last line that was cut off; start a new log."""
        text = os.pread(self._log, os.fstat(self._log).st_size, 0).decode("utf-8", "replace")
        first, *ranges = text.split("\n")[:-1] or [""]
        if first not in {"", origin}:
            message = f"{self.path} is an unfinished download of another file: remove it first."
            raise DestinationError(message)
        exists = os.path.lexists(self.path)
        if exists and not first:
            raise DestinationError(f"{self.path} is in the way: it is not an unfinished download.")
        received = _merged([_parse_range(line) for line in ranges]) if exists else []
        if received and received[-1][1] > self.path.stat().st_size:
            received = []
        if received == [(0, self.size)]:
            # Fetch at least one byte: the checksum to compare comes with it.
            received = _merged([(0, self.size - 1)])
        os.ftruncate(self._log, 0)
        kept = "".join(f"{start} {end}\n" for start, end in received)
        os.write(self._log, f"{origin}\n{kept}".encode())
        return received


def refuse_existing(target: Path) -> None:
    """Raise DestinationError if `target` exists, even as a dangling link."""
    if os.path.lexists(target):
        raise DestinationError(f"{target} already exists.")


def _lock(log: int, path: Path) -> None:
    try:
        fcntl.flock(log, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise DestinationError(f"Another download is writing to {path}.") from error


def _parse_range(line: str) -> tuple[int, int]:
    start, _, end = line.partition(" ")
    return (int(start), int(end)) if start.isdecimal() and end.isdecimal() else (0, 0)


def _merged(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if start >= end:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
