"""A download that is not complete yet: `NAME.part`, and `NAME.part.log` with what it has of it.

The log's first line says of which file, every further one is a stretch "start end" that is there.
It is only appended to, and only after the bytes were written, so that a killed process leaves
nothing that is not true.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from threading import Lock
from typing import TYPE_CHECKING, Self

from larder_client.errors import DestinationError

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

_BLOCK = 2**18


class Partial:
    """The file `path` of `size` bytes while its bytes come in, in any order, from many threads.

    `origin` tells which file it is of, in one line. `with_sha256` hashes the bytes as they come in,
    as far as they are there from the start on without a gap.

    Raises:
        DestinationError: there is such a file already, of another origin, or in use.
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
            self._there = self._remembered(origin)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
        except BaseException:
            os.close(self._log)
            raise
        self.resumed = sum(end - start for start, end in self._there)
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
        # A thread that was left behind must not write into a file that gets the same number.
        file, self._file = self._file, -1
        log, self._log = self._log, -1
        os.close(file)
        os.close(log)

    def gaps(self) -> list[tuple[int, int]]:
        """Return the stretches that are missing, as (start, end) in order."""
        edges = [0, *(edge for stretch in self._there for edge in stretch), self.size]
        pairs = zip(edges[::2], edges[1::2], strict=True)
        return [(start, end) for start, end in pairs if start < end]

    def write(self, start: int, block: bytes) -> None:
        """Put bytes in their place."""
        view = memoryview(block)
        while view:
            written = os.pwrite(self._file, view, start + len(block) - len(view))
            view = view[written:]
        with self._hashing:
            if self._hashed == start:
                self._sha256.update(block)
                self._hashed += len(block)

    def note(self, start: int, end: int) -> None:
        """Remember that this stretch is there."""
        if start < end:
            os.write(self._log, f"{start} {end}\n".encode())
            with self._changing:
                self._there = _merged([*self._there, (start, end)])

    def hash_on(self) -> None:
        """Hash what is there from the start on without a gap."""
        while True:
            with self._changing:
                first = self._there[0] if self._there else (0, 0)
            solid = first[1] if first[0] == 0 else 0
            with self._hashing:
                block = os.pread(
                    self._file, min(_BLOCK, max(0, solid - self._hashed)), self._hashed
                )
                self._sha256.update(block)
                self._hashed += len(block)
            if not block:
                return

    def sha256(self) -> str:
        """Return the digest of the whole file in hex, if it is `with_sha256`."""
        self.hash_on()
        return self._sha256.hexdigest()

    def md5(self) -> str:
        """Return the MD5 of the whole file in hex, by reading it."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, _md5).hexdigest()

    def move_to(self, target: Path, *, overwrite: bool) -> None:
        """Give the complete file its name, in one step.

        Raises:
            DestinationError: there is a file of that name, which is not to be overwritten.
        """
        if overwrite:
            self.path.replace(target)
        else:
            try:
                target.hardlink_to(self.path)
            except FileExistsError as error:
                raise DestinationError(f"{target} exists already.") from error
            except OSError:
                # Not every file system has hard links.
                refuse_existing(target)
                self.path.rename(target)
        self.discard()

    def discard(self) -> None:
        """Remove it."""
        self.path.unlink(missing_ok=True)
        self._log_path.unlink(missing_ok=True)

    def _remembered(self, origin: str) -> list[tuple[int, int]]:
        """Return what the log says is there; a line that was cut off says nothing."""
        said = os.pread(self._log, os.fstat(self._log).st_size, 0).decode("utf-8", "replace")
        first, *stretches = said.split("\n")[:-1] or [""]
        if first not in {"", origin}:
            message = f"{self.path} is an unfinished download of another file: remove it first."
            raise DestinationError(message)
        exists = self.path.exists(follow_symlinks=False)
        if exists and not first:
            raise DestinationError(f"{self.path} is in the way.")
        there = _merged([_stretch(line) for line in stretches]) if exists else []
        if there and there[-1][1] > self.path.stat().st_size:
            there = []
        if there == [(0, self.size)]:
            # Another byte is always fetched: the checksum to compare comes with it.
            there = _merged([(0, self.size - 1)])
        os.ftruncate(self._log, 0)
        kept = "".join(f"{start} {end}\n" for start, end in there)
        os.write(self._log, f"{origin}\n{kept}".encode())
        return there


def _md5() -> hashlib._Hash:
    return hashlib.md5(usedforsecurity=False)


def refuse_existing(target: Path) -> None:
    """Raise DestinationError if there is anything of that name, be it a dangling link."""
    if target.exists(follow_symlinks=False):
        raise DestinationError(f"{target} exists already.")


def _lock(log: int, path: Path) -> None:
    try:
        fcntl.flock(log, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise DestinationError(f"{path} is being written by another download.") from error


def _stretch(line: str) -> tuple[int, int]:
    start, _, end = line.partition(" ")
    return (int(start), int(end)) if start.isdecimal() and end.isdecimal() else (0, 0)


def _merged(stretches: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(stretches):
        if start >= end:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
