"""The local file to send."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from larder_client.errors import FileChangedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from typing_extensions import Self

    from larder_client.transfer.progress import Progress

BLOCK = 2**18
"""Bytes read and sent at a time: with 256 KiB, Python takes a small share of the time."""


class Bytes(Protocol):
    """What an upload sends: `size` bytes, of which any range can be read, and read again."""

    @property
    def size(self) -> int:
        """The number of bytes."""

    def blocks(self, start: int, size: int) -> Iterator[bytes]:
        """Yield exactly `size` bytes, beginning at `start`."""


def md5_of(blocks: Iterator[bytes], progress: Progress) -> str:
    """Return the MD5 of a part in hex, which is its ETag in S3."""
    digest = hashlib.md5(usedforsecurity=False)
    for block in blocks:
        digest.update(block)
        progress.advance(len(block))
    return digest.hexdigest()


def file_name(path: Path) -> str:
    """Return the file's name, with U+FFFD for bytes that are not UTF-8."""
    return os.fsencode(path.name).decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Source:
    """A regular file at one point in time; `size` in bytes, `modified` in nanoseconds."""

    path: Path
    size: int
    modified: int

    @classmethod
    def at(cls, path: Path) -> Self:
        """Return the file as it is now.

        Raises:
            OSError: it does not exist, cannot be read, or is not a regular file.
        """
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "Not a regular file", str(path))
        path.open("rb").close()
        return cls(path.absolute(), found.st_size, found.st_mtime_ns)

    def check_unchanged(self) -> None:
        """Compare size and time of change with the file as it is now.

        Raises:
            FileChangedError: they differ.
        """
        found = self.path.stat()
        if (found.st_size, found.st_mtime_ns) != (self.size, self.modified):
            raise FileChangedError(f"{self.path} changed while it was being sent.")

    def read(self) -> bytes:
        """Return the whole content."""
        return b"".join(self.blocks(0, self.size))

    def blocks(self, start: int, size: int) -> Iterator[bytes]:
        """Yield exactly `size` bytes, beginning at `start`.

        Raises:
            FileChangedError: the file has become shorter.
        """
        # A descriptor, not a file object: a caller that stops half-way leaves it to the garbage
        # collector, and a file object would issue a warning then.
        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            os.lseek(descriptor, start, os.SEEK_SET)
            while size > 0:
                block = os.read(descriptor, min(BLOCK, size))
                if not block:
                    raise FileChangedError(f"{self.path} changed while it was being sent.")
                size -= len(block)
                yield block
        finally:
            os.close(descriptor)

    def sha256(self, progress: Progress) -> str:
        """Return the SHA-256 of the file in hex."""
        digest = hashlib.sha256()
        for block in self.blocks(0, self.size):
            digest.update(block)
            progress.advance(len(block))
        return digest.hexdigest()


class Slice:
    """A range of the source as the body of a request, which may be sent several times.

    `with_md5` calculates its MD5 while it is sent.
    """

    def __init__(
        self,
        source: Bytes,
        start: int,
        size: int,
        progress: Progress,
        *,
        with_md5: bool = False,
    ) -> None:
        self.size = size
        self._source = source
        self._start = start
        self._progress = progress
        self._with_md5 = with_md5
        self._sent = 0
        self._digest = hashlib.md5(usedforsecurity=False)

    @property
    def md5(self) -> str:
        """The MD5 of the bytes read since the last `rewind`, in hex."""
        return self._digest.hexdigest()

    def blocks(self) -> Iterator[bytes]:
        """Yield the bytes."""
        for block in self._source.blocks(self._start, self.size):
            if self._with_md5:
                self._digest.update(block)
            yield block
            self._sent += len(block)
            self._progress.advance(len(block))

    def rewind(self) -> None:
        """Start from the beginning, and subtract the progress made so far."""
        if self._sent:
            self._progress.advance(-self._sent)
        self._sent = 0
        self._digest = hashlib.md5(usedforsecurity=False)
