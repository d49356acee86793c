"""An upload whose bytes come one after another, and are in no file on disk."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from larder_client.errors import TransferError, UploadEndedError
from larder_client.transfer.progress import SILENT
from larder_client.transfer.s3_upload import Outcome, Renewals, S3Upload
from larder_client.transfer.source import BLOCK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from larder_client.files.api import Api
    from larder_client.files.models import Transfer, Upload
    from larder_client.flow.steps import Flow

BUFFERED_BYTES: Final = 2**28
"""How much of the parts that are sent together is in memory, unless one part alone is larger."""


class StreamUpload:
    """A pending upload that takes its bytes in order, and sends its parts as they fill.

    A part stays in memory until S3 has it, so nothing is lost with a connection.
    """

    def __init__(self, api: Api, upload: Upload, parallel: int) -> None:
        self.id = upload.id
        self.size = upload.bytes
        self._api = api
        self._upload = upload
        self._part_size = _transfer(upload).part_size or upload.bytes
        self._parallel = max(1, min(parallel, BUFFERED_BYTES // self._part_size))
        self._number = 1
        self._buffer = bytearray()
        self._full: dict[int, bytearray] = {}
        self._digest = hashlib.md5(usedforsecurity=False)

    @property
    def md5(self) -> str:
        """The MD5 of all bytes written, in hex."""
        return self._digest.hexdigest()

    def take(self, data: bytes | bytearray) -> None:
        """Take the next bytes.

        Raises:
            TransferError: there are more bytes than were announced; none of these are taken.
        """
        rest = memoryview(data)
        if (self._number - 1) * self._part_size + len(self._buffer) + len(rest) > self.size:
            raise TransferError(f"{self.id} takes {self.size} bytes, and there are more.")
        self._digest.update(rest)
        while rest:
            room = self._room
            self._buffer += rest[:room]
            rest = rest[room:]
            if self._room == 0:
                self._full[self._number] = self._buffer
                self._buffer = bytearray()
                self._number += 1

    @property
    def is_due(self) -> bool:
        """Whether enough parts are full to send them together."""
        return len(self._full) >= self._parallel

    def flush(self) -> Flow[None]:
        """Send the parts that are full.

        Raises:
            TransferError: S3 refuses them for good.
            UploadEndedError: the upload was cancelled or has expired.
            ConnectionFailedError: S3 does not answer; another call sends what is left.
        """
        renewals = Renewals(self._api, self.id)
        while self._full:
            outcomes = yield from self._send()
            if self._full:
                self._upload = yield from renewals.renew(outcomes)

    def blocks(self, start: int, size: int) -> Iterator[bytes]:
        """Yield the bytes of a full part."""
        part = memoryview(self._full[start // self._part_size + 1])
        for offset in range(0, size, BLOCK):
            yield bytes(part[offset : offset + BLOCK])

    @property
    def _room(self) -> int:
        """How many bytes the part that is being filled still takes."""
        start = (self._number - 1) * self._part_size
        return min(self._part_size, self.size - start) - len(self._buffer)

    def _send(self) -> Flow[list[Outcome]]:
        """Send what this state of the upload has URLs for."""
        transfer = _transfer(self._upload)
        s3 = S3Upload(self, self._api.policy, SILENT, self._parallel, with_md5=True)
        if transfer.part_size is None:
            numbers, outcomes = [1], [(yield from s3.send_whole(transfer))]
        else:
            parts = [part for part in transfer.parts if part.part_number in self._full]
            numbers = [part.part_number for part in parts]
            outcomes = yield from s3.send_parts(transfer.part_size, parts)
            # S3 stored these, and its answer was lost.
            arrived = self._full.keys() & {part.part_number for part in transfer.arrived}
            numbers += arrived
            outcomes += [Outcome.STORED] * len(arrived)
        for number, outcome in zip(numbers, outcomes, strict=True):
            if outcome is Outcome.STORED:
                del self._full[number]
        return outcomes


def _transfer(upload: Upload) -> Transfer:
    if upload.transfer is None:
        raise UploadEndedError(f"{upload.id} is {upload.status}, and takes no more bytes.")
    return upload.transfer
