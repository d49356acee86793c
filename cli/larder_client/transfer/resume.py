"""What a client remembers of unfinished uploads, so that a later call can resume them."""

from __future__ import annotations

import contextlib
import hashlib
import os
from typing import TYPE_CHECKING, Protocol

import msgspec

if TYPE_CHECKING:
    from pathlib import Path


class PendingUpload(msgspec.Struct, frozen=True, kw_only=True):
    """An unfinished upload: of which bytes, and with which options.

    `size` in bytes, `modified` in nanoseconds, `expires_after` in seconds.
    """

    upload_id: str
    size: int
    modified: int
    filename: str
    purpose: str
    expires_after: int | None = None
    folder_id: str | None = None
    if_exists: str | None = None
    sha256: str | None = None

    def matches(self, other: PendingUpload) -> bool:
        """Return whether the other upload has the same bytes and options."""
        return msgspec.structs.replace(self, upload_id="", sha256=None) == msgspec.structs.replace(
            other, upload_id="", sha256=None
        )


class ResumeStore(Protocol):
    """Remembers one unfinished upload for each file and base URL."""

    def find(self, path: Path, base_url: str) -> PendingUpload | None:
        """Return the file's unfinished upload, if there is one."""

    def remember(self, path: Path, base_url: str, upload: PendingUpload) -> None:
        """Store the file's unfinished upload."""

    def forget(self, path: Path, base_url: str) -> None:
        """Remove the file's unfinished upload."""


class NoResume:
    """Remembers nothing: every call starts a new upload."""

    def find(self, path: Path, base_url: str) -> PendingUpload | None:  # noqa: ARG002 - the protocol's
        """Return None."""
        return None

    def remember(self, path: Path, base_url: str, upload: PendingUpload) -> None:
        """Do nothing."""

    def forget(self, path: Path, base_url: str) -> None:
        """Do nothing."""


class FileResumeStore:
    """Remembers unfinished uploads in a folder of small files that only their owner can read.

    An entry that cannot be read or written is ignored: at worst, an upload starts again.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, path: Path, base_url: str) -> PendingUpload | None:
        """Return the file's unfinished upload, if there is one."""
        try:
            return msgspec.json.decode(self._entry(path, base_url).read_bytes(), type=PendingUpload)
        except (OSError, ValueError, RecursionError):
            return None

    def remember(self, path: Path, base_url: str, upload: PendingUpload) -> None:
        """Store the file's unfinished upload, atomically."""
        entry = self._entry(path, base_url)
        draft = entry.with_suffix(f".{os.getpid()}")
        with contextlib.suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            draft.write_bytes(msgspec.json.encode(upload))
            draft.replace(entry)

    def forget(self, path: Path, base_url: str) -> None:
        """Remove the file's unfinished upload."""
        with contextlib.suppress(OSError):
            self._entry(path, base_url).unlink()

    def _entry(self, path: Path, base_url: str) -> Path:
        name = hashlib.sha256(f"{base_url}\n{path}".encode("utf-8", "surrogateescape")).hexdigest()
        return self._folder / f"{name[:32]}.json"
