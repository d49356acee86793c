"""Download a file: to a path, renamed from `NAME.part` once it is complete, or to a stream."""

from __future__ import annotations

import hashlib
import re
import stat
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Literal, TypeAlias

from larder_client.errors import ChecksumError, DestinationError, TransferError
from larder_client.flow.steps import Flow, blocking
from larder_client.transfer.part_file import PartFile, refuse_existing
from larder_client.transfer.ranges import RangeQueue
from larder_client.transfer.s3_download import S3Download

if TYPE_CHECKING:
    from pathlib import Path

    from larder_client.files.api import Api
    from larder_client.files.models import File
    from larder_client.transfer.progress import Progress
    from larder_client.transfer.s3_download import Destination

_MD5 = re.compile(r'"?([0-9a-f]{32})"?')
_MAX_NAME_BYTES = 240
_NAME_MAX = 255
"""The length in bytes that file systems allow."""
_SEPARATORS = re.compile(r"[/\\]")
_UNSAFE = {"Cc", "Cs", "Zl", "Zp"}
"""Unicode's categories of control characters, halves of characters and line separators."""

Checksum: TypeAlias = Literal["sha256", "md5"]


@dataclass(frozen=True, slots=True)
class DownloadResult:
    """A file that was downloaded.

    `path` is where, None for a stream. `verified` is the checksum that was compared, None when the
    server has none. `resumed` is the number of bytes that an earlier call had fetched.
    """

    file: File
    path: Path | None
    verified: Checksum | None
    resumed: int = 0


@dataclass(frozen=True, slots=True)
class FileDownload:
    """The download of one file."""

    api: Api
    base_url: str
    file_id: str
    progress: Progress
    parallel: int

    def to_file(self, path: Path, *, overwrite: bool) -> Flow[DownloadResult]:
        """Download to `path`, or into it under the file's own name when it is a folder.

        Raises:
            ApiError: the file does not exist.
            DestinationError: something is in the way.
            ChecksumError: the bytes are not those that were stored; none of them are kept.
            TransferError: S3 does not serve it.
            ConnectionFailedError: no reply; the same call resumes the download.
        """
        file = yield from self.api.file(self.file_id)
        target = path / local_name(file) if path.is_dir() else path
        _check_target(target, overwrite=overwrite)
        origin = f"{self.base_url} {file.id} {file.bytes}"
        name = target.name if len(target.name.encode()) <= _MAX_NAME_BYTES else file.id
        with PartFile(
            target.with_name(f"{name}.part"),
            file.bytes,
            origin,
            with_sha256=file.sha256 is not None or _is_being_validated(file),
        ) as part_file:
            self.progress.begin("receiving", file.bytes, part_file.resumed)
            etag = yield from self._fetch(file, part_file, part_file.gaps(), self.parallel)
            file = yield from self._with_sha256(file)
            try:
                verified = yield from _verify(file, etag, part_file)
            except ChecksumError:
                part_file.discard()
                raise
            part_file.move_to(target, overwrite=overwrite)
            return DownloadResult(file, target, verified, part_file.resumed)

    def to_stream(self, stream: BinaryIO) -> Flow[DownloadResult]:
        """Download to `stream` in order; raises as `to_file`, but does not undo what it wrote."""
        file = yield from self.api.file(self.file_id)
        output = _Stream(stream, *(["md5", "sha256"] if file.sha256 is None else ["sha256"]))
        self.progress.begin("receiving", file.bytes)
        etag = yield from self._fetch(file, output, [(0, file.bytes)], 1)
        file = yield from self._with_sha256(file)
        return DownloadResult(file, None, (yield from _verify(file, etag, output)))

    def _with_sha256(self, file: File) -> Flow[File]:
        """Return the file with the SHA-256 that Larder may have calculated meanwhile."""
        if file.sha256 is None and _is_being_validated(file):
            return (yield from self.api.file(file.id))
        return file

    def _fetch(
        self, file: File, destination: Destination, gaps: list[tuple[int, int]], connections: int
    ) -> Flow[str]:
        """Fetch the missing bytes and return the ETag."""
        reply = yield from self.api.content(file.id)
        if (url := reply.headers.get("location")) is None:
            if len(reply.body) != file.bytes:
                message = f"Of {file.bytes} bytes of {file.id}, {len(reply.body)} arrived."
                raise TransferError(message)
            for start, end in gaps:
                destination.write(start, reply.body[start:end])
                destination.mark_received(start, end)
                self.progress.advance(end - start)
            return str(reply.headers.get("etag", ""))
        download = S3Download(self.api, file, destination, RangeQueue(gaps), self.progress, url)
        yield from download.run(connections)
        return download.etag


class _Stream:
    """A destination that gets the bytes in order."""

    def __init__(self, stream: BinaryIO, *algorithms: str) -> None:
        self._stream = stream
        self._digests = {name: hashlib.new(name, usedforsecurity=False) for name in algorithms}

    def write(self, start: int, block: bytes) -> None:  # noqa: ARG002 - always the next position
        self._stream.write(block)
        for digest in self._digests.values():
            digest.update(block)

    def mark_received(self, start: int, end: int) -> None:
        pass

    def update_hash(self) -> None:
        pass

    def sha256(self) -> str:
        return self._digests["sha256"].hexdigest()

    def md5(self) -> str:
        return self._digests["md5"].hexdigest()


def _is_being_validated(file: File) -> bool:
    """Return whether Larder has yet to read the file, which gives its SHA-256."""
    return file.status == "uploaded"


def local_name(file: File) -> str:
    """Return a name for the file that cannot lead out of a folder, whatever the server sent."""
    return safe_name(_SEPARATORS.split(file.filename)[-1]) or file.id


def safe_name(name: str) -> str | None:
    """Return the name if a file or folder may have it that is made in a folder, else None."""
    if _SEPARATORS.search(name) or not name.strip(". "):
        return None
    if {unicodedata.category(character) for character in name} & _UNSAFE:
        return None
    return name if len(name.encode()) <= _NAME_MAX else None


def _check_target(target: Path, *, overwrite: bool) -> None:
    if not target.parent.is_dir():
        raise DestinationError(f"There is no folder {target.parent}.")
    if not overwrite:
        refuse_existing(target)
    elif target.exists() and not stat.S_ISREG(target.stat().st_mode):
        raise DestinationError(f"{target} is not a regular file.")


def _verify(file: File, etag: str, received: PartFile | _Stream) -> Flow[Checksum | None]:
    """Compare the bytes with the best checksum there is, and return which it was.

    Raises:
        ChecksumError: they differ.
    """
    kind: Checksum
    if file.sha256 is not None:
        kind, expected, found = "sha256", file.sha256, (yield from blocking(received.sha256))
    elif (plain := _MD5.fullmatch(etag)) is not None:
        # With SSE-S3, the ETag of an object stored by a single PUT is its MD5.
        kind, expected, found = "md5", plain[1], (yield from blocking(received.md5))
    else:
        return None
    if found != expected:
        raise ChecksumError(f"{file.id} arrived damaged: its {kind} is {found}, not {expected}.")
    return kind
