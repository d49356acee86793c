"""What a client remembers of uploads that it has begun, so that another run goes on with them."""

from __future__ import annotations

import contextlib
import hashlib
import os
from typing import TYPE_CHECKING, Protocol

import msgspec

if TYPE_CHECKING:
    from pathlib import Path


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """An upload that was announced: for which bytes, and as what."""

    upload_id: str
    size: int
    modified: int
    filename: str
    purpose: str
    expires_after: int | None = None
    folder_id: str | None = None
    sha256: str | None = None

    def same_wish(self, other: Begun) -> bool:
        """Tell whether the other one would send the same bytes as the same file."""
        return msgspec.structs.replace(self, upload_id="", sha256=None) == msgspec.structs.replace(
            other, upload_id="", sha256=None
        )


class Journal(Protocol):
    """Remembers one upload for each file and base URL."""

    def find(self, path: Path, base_url: str) -> Begun | None:
        """Return what was begun and not ended."""

    def remember(self, path: Path, base_url: str, begun: Begun) -> None:
        """Keep it."""

    def forget(self, path: Path, base_url: str) -> None:
        """Drop it."""


class NoJournal:
    """Remembers nothing: every call begins anew."""

    def find(self, path: Path, base_url: str) -> Begun | None:  # noqa: ARG002 - see Journal
        """Return None."""
        return None

    def remember(self, path: Path, base_url: str, begun: Begun) -> None:
        """Do nothing."""

    def forget(self, path: Path, base_url: str) -> None:
        """Do nothing."""


class FileJournal:
    """Remembers in a folder of small files, readable by their owner alone.

    An entry that cannot be written or read counts as none: at worst an upload begins anew.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, path: Path, base_url: str) -> Begun | None:
        """Return what was begun and not ended."""
        try:
            return msgspec.json.decode(self._entry(path, base_url).read_bytes(), type=Begun)
        except (OSError, msgspec.DecodeError):
            return None

    def remember(self, path: Path, base_url: str, begun: Begun) -> None:
        """Keep it, in one piece."""
        entry = self._entry(path, base_url)
        draft = entry.with_suffix(f".{os.getpid()}")
        with contextlib.suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            draft.write_bytes(msgspec.json.encode(begun))
            draft.replace(entry)

    def forget(self, path: Path, base_url: str) -> None:
        """Drop it."""
        with contextlib.suppress(OSError):
            self._entry(path, base_url).unlink()

    def _entry(self, path: Path, base_url: str) -> Path:
        name = hashlib.sha256(f"{base_url}\n{path}".encode("utf-8", "surrogateescape")).hexdigest()
        return self._folder / f"{name[:32]}.json"
