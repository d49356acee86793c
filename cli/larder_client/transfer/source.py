"""The local file that is to be sent."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from larder_client.errors import FileChangedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from larder_client.transfer.progress import Progress

BLOCK = 2**18
"""Bytes read and sent at a time: 256 KiB make Python's share of the work small."""


def name_of(path: Path) -> str:
    """Return the file's name; bytes in it that are no UTF-8 become U+FFFD."""
    return os.fsencode(path.name).decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Source:
    """A regular file as it was when looked at; `modified` in nanoseconds."""

    path: Path
    size: int
    modified: int

    @classmethod
    def at(cls, path: Path) -> Self:
        """Look at the file.

        Raises:
            OSError: there is none, it cannot be read, or it is not a regular file.
        """
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "Not a regular file", str(path))
        path.open("rb").close()
        return cls(path.absolute(), found.st_size, found.st_mtime_ns)

    def check_unchanged(self) -> None:
        """Look again.

        Raises:
            FileChangedError: it is not the same.
        """
        found = self.path.stat()
        if (found.st_size, found.st_mtime_ns) != (self.size, self.modified):
            raise FileChangedError(f"{self.path} changed while it was being sent.")

    def read(self) -> bytes:
        """Return all of it."""
        return b"".join(self.blocks(0, self.size))

    def blocks(self, start: int, size: int) -> Iterator[bytes]:
        """Read exactly `size` bytes from `start` on.

        Raises:
            FileChangedError: there are not that many any more.
        """
        # A descriptor and not a file object: who gives up half-way leaves this to be collected,
        # and a file object would warn of that.
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
        """Return the file's digest in hex."""
        digest = hashlib.sha256()
        for block in self.blocks(0, self.size):
            digest.update(block)
            progress.advance(len(block))
        return digest.hexdigest()

    def md5(self, start: int, size: int, progress: Progress) -> str:
        """Return the MD5 of a part in hex: S3's ETag of it."""
        digest = hashlib.md5(usedforsecurity=False)
        for block in self.blocks(start, size):
            digest.update(block)
            progress.advance(len(block))
        return digest.hexdigest()


class Slice:
    """A stretch of the source on its way, any number of times; with its MD5 if asked for."""

    def __init__(
        self,
        source: Source,
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
        """The MD5 of what was read since the last `rewind`, in hex."""
        return self._digest.hexdigest()

    def blocks(self) -> Iterator[bytes]:
        """Read the bytes."""
        for block in self._source.blocks(self._start, self.size):
            if self._with_md5:
                self._digest.update(block)
            yield block
            self._sent += len(block)
            self._progress.advance(len(block))

    def rewind(self) -> None:
        """Begin again, and take back the progress made since the last time."""
        if self._sent:
            self._progress.advance(-self._sent)
        self._sent = 0
        self._digest = hashlib.md5(usedforsecurity=False)
