"""Bytes on their way from S3, over one connection or several, as flows."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol

from larder_client.errors import TransferError
from larder_client.flow.retries import send_with_retries
from larder_client.flow.steps import Flow, Request, blocking, gather

if TYPE_CHECKING:
    import httpx

    from larder_client.files.api import Api
    from larder_client.files.models import File
    from larder_client.transfer.progress import Progress
    from larder_client.transfer.ranges import Piece, Pieces

NOTE_EVERY = 2**20
"""Bytes that a killed process has to fetch again, at most, for each connection."""

FRUITLESS_URLS = 3

_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+)")


class Store(Protocol):
    """Where the bytes are kept."""

    def write(self, start: int, block: bytes) -> None:
        """Put bytes in their place."""

    def note(self, start: int, end: int) -> None:
        """Remember that this stretch is there."""

    def hash_on(self) -> None:
        """Hash what is there from the start on without a gap."""


@dataclass
class Receiving:
    """The fetching of one file; `url` is where S3 has it, for some minutes."""

    api: Api
    file: File
    store: Store
    pieces: Pieces
    progress: Progress
    url: str
    etag: str = field(default="", init=False)

    def all(self, connections: int) -> Flow[None]:
        """Fetch all pieces.

        Raises:
            ApiError: the file is not there any more.
            TransferError: S3 does not serve it.
            ConnectionFailedError: S3 cannot be reached.
        """
        flows = [self._connection(number) for number in range(connections)]
        try:
            yield from gather([blocking(self.store.hash_on), *flows], connections + 1)
        finally:
            self.pieces.stop()

    def _connection(self, number: int) -> Flow[None]:
        try:
            while (piece := (yield from blocking(lambda: self.pieces.take(number)))) is not None:
                yield from self._fetch(piece)
                self.pieces.done(piece)
                yield from blocking(self.store.hash_on)
        except BaseException:
            # Those that wait for their turn are not to be waited for.
            self.pieces.stop()
            raise

    def _fetch(self, piece: Piece) -> Flow[None]:
        stretch = _Stretch(self, piece)
        fruitless = 0
        try:
            while piece.left:
                before = piece.position
                reply = yield from send_with_retries(
                    self.api.policy, stretch.request, progress=lambda: piece.position
                )
                if piece.position > before:
                    fruitless = 0
                    continue
                fruitless += 1
                if reply.status != HTTPStatus.FORBIDDEN or fruitless == FRUITLESS_URLS:
                    message = f"S3 does not serve {self.file.id}: HTTP {reply.status}."
                    raise TransferError(message)
                self.url = yield from self._fresh_url()
        finally:
            stretch.note()

    def _fresh_url(self) -> Flow[str]:
        reply = yield from self.api.content(self.file.id)
        return str(reply.headers.get("location", self.url))


class _Stretch:
    """What arrives of a piece."""

    def __init__(self, receiving: Receiving, piece: Piece) -> None:
        self._receiving = receiving
        self._piece = piece
        self._noted = self._written = piece.position

    def request(self) -> Request:
        """Ask for what is missing."""
        headers = {
            "Accept-Encoding": "identity",
            "Range": f"bytes={self._piece.position}-{self._piece.end - 1}",
        }
        return Request("GET", self._receiving.url, headers=headers, sink=self)

    def accepts(self, status: int, headers: httpx.Headers) -> bool:
        """Take bytes if they are those that were asked for."""
        if status not in {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT}:
            return False
        size = self._receiving.file.bytes
        found = _CONTENT_RANGE.fullmatch(headers.get("content-range", ""))
        start, total = (int(found[1]), int(found[2])) if found else (0, size)
        if (start, total) != (self._piece.position, size):
            message = f"S3 sent another stretch of {self._receiving.file.id} than was asked for."
            raise TransferError(message)
        self._receiving.etag = headers.get("etag", "")
        return True

    def write(self, block: bytes) -> bool:
        """Keep what is the piece's own of it; another connection may have taken the rest over."""
        start = self._piece.position
        count = self._receiving.pieces.advance(self._piece, len(block))
        self._receiving.store.write(start, block[:count])
        self._receiving.progress.advance(count)
        self._written = start + count
        if self._written - self._noted >= NOTE_EVERY:
            self.note()
        return count == len(block)

    def note(self) -> None:
        """Remember what is written."""
        if self._noted < self._written:
            self._receiving.store.note(self._noted, self._written)
            self._noted = self._written
