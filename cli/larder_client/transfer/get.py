"""Fetch a file: to a name of the file system, in one step once it is complete, or to a stream."""

from __future__ import annotations

import hashlib
import re
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Literal

from larder.domain.filenames import InvalidFilenameError, clean_filename
from larder_client.errors import ChecksumError, DestinationError, TransferError
from larder_client.flow.steps import Flow, blocking
from larder_client.transfer.part_file import Partial, refuse_existing
from larder_client.transfer.ranges import Pieces
from larder_client.transfer.s3_download import Receiving

if TYPE_CHECKING:
    from pathlib import Path

    from larder_client.files.api import Api
    from larder_client.files.models import File
    from larder_client.transfer.progress import Progress
    from larder_client.transfer.s3_download import Store

_MD5 = re.compile(r'"?([0-9a-f]{32})"?')
_LONGEST_NAME = 240

type Checksum = Literal["sha256", "md5"]


@dataclass(frozen=True, slots=True)
class Received:
    """A file that is here now.

    `path` is where, None for a stream; `verified` by which checksum, None when the server has
    none; `resumed` are the bytes that an earlier call had fetched.
    """

    file: File
    path: Path | None
    verified: Checksum | None
    resumed: int = 0


@dataclass(frozen=True, slots=True)
class Get:
    """The fetching of one file."""

    api: Api
    base_url: str
    file_id: str
    progress: Progress
    parallel: int

    def to_file(self, path: Path, *, overwrite: bool) -> Flow[Received]:
        """Fetch to `path`, or under the file's own name into it when it is a folder.

        Raises:
            ApiError: there is no such file.
            DestinationError: something is in the way.
            ChecksumError: what arrived is not what was stored; nothing of it is kept.
            TransferError: S3 does not serve it.
            ConnectionFailedError: no answer; the same call goes on where this one has ended.
        """
        file = yield from self.api.file(self.file_id)
        target = path / local_name(file) if path.is_dir() else path
        _check_destination(target, overwrite=overwrite)
        origin = f"{self.base_url} {file.id} {file.bytes}"
        name = target.name if len(target.name.encode()) <= _LONGEST_NAME else file.id
        with Partial(
            target.with_name(f"{name}.part"),
            file.bytes,
            origin,
            with_sha256=file.sha256 is not None or _is_being_read(file),
        ) as partial:
            self.progress.begin("receiving", file.bytes, partial.resumed)
            etag = yield from self._fetch(file, partial, partial.gaps(), self.parallel)
            file = yield from self._with_digest(file)
            try:
                verified = yield from _compare(file, etag, partial)
            except ChecksumError:
                partial.discard()
                raise
            partial.move_to(target, overwrite=overwrite)
            return Received(file, target, verified, partial.resumed)

    def to_stream(self, stream: BinaryIO) -> Flow[Received]:
        """Fetch in order to `stream`; raises as `to_file`, what was written stays written."""
        file = yield from self.api.file(self.file_id)
        ordered = _Ordered(stream, *(["md5", "sha256"] if file.sha256 is None else ["sha256"]))
        self.progress.begin("receiving", file.bytes)
        etag = yield from self._fetch(file, ordered, [(0, file.bytes)], 1)
        file = yield from self._with_digest(file)
        return Received(file, None, (yield from _compare(file, etag, ordered)))

    def _with_digest(self, file: File) -> Flow[File]:
        """Return the file with the SHA-256 that Larder may have found since."""
        if file.sha256 is None and _is_being_read(file):
            return (yield from self.api.file(file.id))
        return file

    def _fetch(
        self, file: File, store: Store, gaps: list[tuple[int, int]], connections: int
    ) -> Flow[str]:
        """Fetch what is missing and return the ETag."""
        reply = yield from self.api.content(file.id)
        if (url := reply.headers.get("location")) is None:
            if len(reply.body) != file.bytes:
                message = f"Of {file.bytes} bytes of {file.id}, {len(reply.body)} arrived."
                raise TransferError(message)
            for start, end in gaps:
                store.write(start, reply.body[start:end])
                store.note(start, end)
                self.progress.advance(end - start)
            return str(reply.headers.get("etag", ""))
        receiving = Receiving(self.api, file, store, Pieces(gaps), self.progress, url)
        yield from receiving.all(connections)
        return receiving.etag


class _Ordered:
    """A stream that gets the bytes one after the other."""

    def __init__(self, stream: BinaryIO, *algorithms: str) -> None:
        self._stream = stream
        self._digests = {name: hashlib.new(name, usedforsecurity=False) for name in algorithms}

    def write(self, start: int, block: bytes) -> None:  # noqa: ARG002 - it is always the next
        self._stream.write(block)
        for digest in self._digests.values():
            digest.update(block)

    def note(self, start: int, end: int) -> None:
        pass

    def hash_on(self) -> None:
        pass

    def sha256(self) -> str:
        return self._digests["sha256"].hexdigest()

    def md5(self) -> str:
        return self._digests["md5"].hexdigest()


def _is_being_read(file: File) -> bool:
    """Tell whether Larder is still to read the file, for its SHA-256 and its verdict."""
    return file.status == "uploaded"


def local_name(file: File) -> str:
    """Return the file's name as one that stays in the folder, whatever the server calls it."""
    try:
        return clean_filename(file.filename)
    except InvalidFilenameError:
        return file.id


def _check_destination(target: Path, *, overwrite: bool) -> None:
    if not target.parent.is_dir():
        raise DestinationError(f"There is no folder {target.parent}.")
    if not overwrite:
        refuse_existing(target)
    elif target.exists() and not stat.S_ISREG(target.stat().st_mode):
        raise DestinationError(f"{target} is not a regular file.")


def _compare(file: File, etag: str, store: Partial | _Ordered) -> Flow[Checksum | None]:
    """Return by what the bytes are known to be right.

    Raises:
        ChecksumError: they are not.
    """
    kind: Checksum
    if file.sha256 is not None:
        kind, expected, found = "sha256", file.sha256, (yield from blocking(store.sha256))
    elif (plain := _MD5.fullmatch(etag)) is not None:
        # With SSE-S3, the ETag of what was stored by a single PUT is its MD5.
        kind, expected, found = "md5", plain[1], (yield from blocking(store.md5))
    else:
        return None
    if found != expected:
        message = f"{file.id} arrived damaged: its {kind} is {found}, not {expected}."
        raise ChecksumError(message)
    return kind
