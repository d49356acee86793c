"""Uploads to S3, by one PUT or in parts, as flows.

Statuses and codes: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from http import HTTPStatus
from typing import TYPE_CHECKING

from larder_client.errors import ChecksumError, TransferError
from larder_client.flow.retries import send_with_retries
from larder_client.flow.steps import Flow, Reply, Request, blocking, gather
from larder_client.transfer.source import Slice, md5_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from larder_client.files.api import Api
    from larder_client.files.models import ArrivedPart, Part, Transfer, Upload
    from larder_client.flow.retries import RetryPolicy
    from larder_client.transfer.progress import Progress
    from larder_client.transfer.source import Bytes

_CODE = re.compile(rb"<Code>([^<]*)</Code>")
_MESSAGE = re.compile(rb"<Message>([^<]*)</Message>")

# Codes of S3's 400 that mean a bad connection, not a bad request.
_CONNECTION_CODES = {"RequestTimeout", "IncompleteBody"}
_MAX_REFUSED = 3

_CHECKSUM_CODES = {"BadDigest", "XAmzContentSHA256Mismatch", "InvalidDigest"}


class Outcome(Enum):
    """The outcome of a PUT."""

    STORED = auto()
    STALE = auto()  # the URL has expired, or the upload has ended


@dataclass(slots=True)
class Renewals:
    """Asks for new URLs of an upload, until all of them are refused three times in a row."""

    api: Api
    upload_id: str
    _refused: int = 0

    def renew(self, outcomes: Collection[Outcome]) -> Flow[Upload]:
        """Return the upload with new URLs, after a round that ended so.

        Raises:
            TransferError: S3 refuses even those that are new.
        """
        self._refused = 0 if Outcome.STORED in outcomes else self._refused + 1
        if self._refused == _MAX_REFUSED:
            raise TransferError(f"S3 refuses the URLs of {self.upload_id}, even new ones.")
        return (yield from self.api.upload(self.upload_id))


@dataclass(frozen=True, slots=True)
class S3Upload:
    """The upload of one source to S3.

    `with_md5` compares the bytes sent with the MD5 that S3 returns. It is for uploads without a
    SHA-256, by which S3 or Larder compares the whole file.
    """

    source: Bytes
    policy: RetryPolicy
    progress: Progress
    parallel: int
    with_md5: bool

    def send_whole(self, transfer: Transfer) -> Flow[Outcome]:
        """Send the whole file by one PUT, which S3 accepts once.

        Raises:
            ChecksumError: S3 received bytes that do not match the checksum.
            TransferError: S3 refused for another permanent reason.
            ConnectionFailedError: S3 cannot be reached.
        """
        # The HTTP client sets the length itself, and sends exactly that many bytes.
        headers = {k: v for k, v in transfer.headers.items() if k.lower() != "content-length"}
        body = Slice(self.source, 0, self.source.size, self.progress, with_md5=self.with_md5)
        reply = yield from self._put(transfer.url or "", headers, body)
        if reply.status == HTTPStatus.PRECONDITION_FAILED:
            # `If-None-Match: *`: an earlier try was stored, but its reply was lost.
            return Outcome.STORED
        return self._check(reply, body, "")

    def send_parts(self, part_size: int, parts: Sequence[Part]) -> Flow[list[Outcome]]:
        """Send parts, several at a time; raises as `send_whole` does."""
        flows = [self._send_part(part_size, part) for part in parts]
        return (yield from gather(flows, self.parallel))

    def matches(self, part_size: int, arrived: Sequence[ArrivedPart]) -> Flow[bool]:
        """Return whether the parts that S3 has are the same as the source's now."""
        flows = [self._matches_part(part_size, part) for part in arrived]
        return all((yield from gather(flows, self.parallel)))

    def _matches_part(self, part_size: int, part: ArrivedPart) -> Flow[bool]:
        start, size = self._bounds(part_size, part.part_number)
        if part.size != size:
            return False
        md5 = yield from blocking(lambda: md5_of(self.source.blocks(start, size), self.progress))
        return md5 == part.etag.strip('"')

    def _send_part(self, part_size: int, part: Part) -> Flow[Outcome]:
        start, size = self._bounds(part_size, part.part_number)
        body = Slice(self.source, start, size, self.progress, with_md5=self.with_md5)
        reply = yield from self._put(part.url, {}, body)
        return self._check(reply, body, f" of part {part.part_number}")

    def _check(self, reply: Reply, body: Slice, of_part: str) -> Outcome:
        outcome = _outcome(reply)
        etag = reply.headers.get("etag", "").strip('"')
        if self.with_md5 and outcome is Outcome.STORED and etag != body.md5:
            raise ChecksumError(f"S3 stored other bytes{of_part} than were sent.")
        return outcome

    def _put(self, url: str, headers: dict[str, str], body: Slice) -> Flow[Reply]:
        def attempt() -> Request:
            body.rewind()
            return Request("PUT", url, headers=headers, body=body)

        def should_retry(reply: Reply) -> bool:
            return self.policy.should_retry(reply) or (
                reply.status == HTTPStatus.BAD_REQUEST and _code(reply) in _CONNECTION_CODES
            )

        try:
            reply = yield from send_with_retries(self.policy, attempt, should_retry=should_retry)
        except BaseException:
            body.rewind()
            raise
        if reply.status not in {HTTPStatus.OK, HTTPStatus.PRECONDITION_FAILED}:
            body.rewind()
        return reply

    def _bounds(self, part_size: int, number: int) -> tuple[int, int]:
        start = (number - 1) * part_size
        return start, min(part_size, self.source.size - start)


def _outcome(reply: Reply) -> Outcome:
    if reply.status == HTTPStatus.OK:
        return Outcome.STORED
    if reply.status in {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}:
        return Outcome.STALE
    code = _code(reply)
    if code in _CHECKSUM_CODES:
        message = (
            "S3 received bytes that do not match the checksum: "
            "the file changed, or the bytes were damaged on the way."
        )
        raise ChecksumError(message)
    raise TransferError(f"S3 refused the bytes: HTTP {reply.status} {code} {_message(reply)}")


def _code(reply: Reply) -> str:
    found = _CODE.search(reply.body)
    return "" if found is None else found[1].decode("utf-8", "replace")


def _message(reply: Reply) -> str:
    found = _MESSAGE.search(reply.body)
    return "" if found is None else found[1].decode("utf-8", "replace")
