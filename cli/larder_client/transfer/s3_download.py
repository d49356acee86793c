"""Downloads from S3, over one or more connections, as flows."""

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
    from larder_client.transfer.ranges import Range, RangeQueue

MARK_EVERY = 2**20
"""Bytes between two marks: at most these are fetched again, per connection, after a kill."""

MAX_REFUSALS = 3
"""Times in a row that S3 may refuse a URL before the download fails."""

_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+)")


class Destination(Protocol):
    """Where the bytes go."""

    def write(self, start: int, block: bytes) -> None:
        """Write bytes at their position."""

    def mark_received(self, start: int, end: int) -> None:
        """Remember that this range is written."""

    def update_hash(self) -> None:
        """Hash the bytes that are there, up to the first gap."""


@dataclass
class S3Download:
    """The download of one file; `url` is its signed URL, valid for some minutes."""

    api: Api
    file: File
    destination: Destination
    ranges: RangeQueue
    progress: Progress
    url: str
    etag: str = field(default="", init=False)

    def run(self, connections: int) -> Flow[None]:
        """Fetch all ranges.

        Raises:
            ApiError: the file was deleted.
            TransferError: S3 does not serve it.
            ConnectionFailedError: S3 cannot be reached.
        """
        flows = [self._connection(number) for number in range(connections)]
        try:
            yield from gather([blocking(self.destination.update_hash), *flows], connections + 1)
        finally:
            self.ranges.stop()

    def _connection(self, number: int) -> Flow[None]:
        try:
            while (taken := (yield from blocking(lambda: self.ranges.take(number)))) is not None:
                yield from self._fetch(taken)
                self.ranges.done(taken)
                yield from blocking(self.destination.update_hash)
        except BaseException:
            # Do not wait for connections that are waiting for a range.
            self.ranges.stop()
            raise

    def _fetch(self, taken: Range) -> Flow[None]:
        sink = _RangeSink(self, taken)
        refusals = 0
        try:
            while taken.left:
                before = taken.position
                reply = yield from send_with_retries(
                    self.api.policy, sink.request, progress=lambda: taken.position
                )
                if taken.position > before:
                    refusals = 0
                    continue
                refusals += 1
                if reply.status != HTTPStatus.FORBIDDEN or refusals == MAX_REFUSALS:
                    raise TransferError(f"S3 does not serve {self.file.id}: HTTP {reply.status}.")
                self.url = yield from self._new_url()
        finally:
            sink.mark_received()

    def _new_url(self) -> Flow[str]:
        reply = yield from self.api.content(self.file.id)
        return str(reply.headers.get("location", self.url))


class _RangeSink:
    """Receives the bytes of a range."""

    def __init__(self, download: S3Download, taken: Range) -> None:
        self._download = download
        self._range = taken
        self._marked = self._written = taken.position

    def request(self) -> Request:
        """Return the request for the missing bytes."""
        headers = {
            "Accept-Encoding": "identity",
            "Range": f"bytes={self._range.position}-{self._range.end - 1}",
        }
        return Request("GET", self._download.url, headers=headers, sink=self)

    def accepts(self, status: int, headers: httpx.Headers) -> bool:
        """Accept a body with the requested bytes."""
        if status not in {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT}:
            return False
        size = self._download.file.bytes
        found = _CONTENT_RANGE.fullmatch(headers.get("content-range", ""))
        start, total = (int(found[1]), int(found[2])) if found else (0, size)
        if (start, total) != (self._range.position, size):
            file_id = self._download.file.id
            raise TransferError(f"S3 sent another range of {file_id} than was requested.")
        self._download.etag = headers.get("etag", "")
        return True

    def write(self, block: bytes) -> bool:
        """Write the bytes that belong to the range: another connection may have taken the rest."""
        start = self._range.position
        count = self._download.ranges.advance(self._range, len(block))
        self._download.destination.write(start, block[:count])
        self._download.progress.advance(count)
        self._written = start + count
        if self._written - self._marked >= MARK_EVERY:
            self.mark_received()
        return count == len(block)

    def mark_received(self) -> None:
        """Remember the bytes that are written."""
        if self._marked < self._written:
            self._download.destination.mark_received(self._marked, self._written)
            self._marked = self._written
