"""The bytes of a batch's output file in S3, written by any number of finishers."""

from __future__ import annotations

import time
from io import BytesIO
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from larder.adapters.s3 import error_code
from larder.domain.parts import MIB
from larder.services.batches.object_ports import OutputLostError, WriterState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

PART_BYTES = 8 * MIB
LARGE_PART_BYTES = 64 * MIB
SMALL_PARTS = 4_000
"""Parts of 8 MiB, before larger ones: S3 takes 10,000 parts, and so a file has up to 400 GiB."""

_PAUSES = (0.1, 0.2, 0.4, 0.8)

_GONE = frozenset({"NoSuchUpload", "404"})
_TAKEN = frozenset({"PreconditionFailed", "412"})
_CONFLICT = frozenset({"ConditionalRequestConflict", "409"})


def part_size(number: int) -> int:
    """Return the bytes of a part that is not the last: the same for every writer of a file."""
    return PART_BYTES if number <= SMALL_PARTS else LARGE_PART_BYTES


def put_new(
    client: S3Client,
    bucket: str,
    key: str,
    body: bytes,
    metadata: Mapping[str, str] | None = None,
) -> bool:
    """PUT an object unless there is one; False when there is."""
    pauses = iter(_PAUSES)
    while True:
        try:
            # The client would copy bytes, of up to 200 MiB, behind the head of its request.
            client.put_object(
                Bucket=bucket, Key=key, Body=BytesIO(body), Metadata=metadata or {}, IfNoneMatch="*"
            )
        except ClientError as error:
            if error_code(error) in _TAKEN:
                return False
            # Another write of this key is under way, and may fail yet.
            # https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
            pause = next(pauses, None)
            if error_code(error) not in _CONFLICT or pause is None:
                raise
            time.sleep(pause)
        else:
            return True


class S3OutputWriter:
    """`OutputWriter` on S3, in memory of about one part."""

    def __init__(self, client: S3Client, bucket: str, key: str, state: WriterState | None) -> None:
        self._client = client
        self._bucket = bucket
        self._key = key
        self._multipart_id = "" if state is None else state.multipart_id
        self._etags = [] if state is None else list(state.etags)
        self._tail = bytearray(b"" if state is None else state.tail)
        self._size = 0 if state is None else state.size
        self._made = False

    @property
    def size(self) -> int:
        """The bytes written so far."""
        return self._size

    def write(self, data: bytes | memoryview) -> None:
        """Append bytes; each part that is full is sent."""
        self._size += len(data)
        rest = memoryview(data)
        while len(self._tail) + len(rest) >= (full := part_size(len(self._etags) + 1)):
            taken = full - len(self._tail)
            self._tail += rest[:taken]
            rest = rest[taken:]
            self._send_part()
        self._tail += rest

    def suspend(self) -> WriterState:
        """Return what another writer goes on from."""
        return WriterState(self._multipart_id, tuple(self._etags), bytes(self._tail), self._size)

    def finish(self) -> None:
        """PUT the bytes, or complete the multipart upload, unless the object is there."""
        if not self._multipart_id:
            put_new(self._client, self._bucket, self._key, bytes(self._tail))
            return
        if self._tail:
            self._send_part()
        if not self._made:
            self._complete()

    def _send_part(self) -> None:
        """Send the tail as a part; once another writer has made the file, nothing."""
        if not self._multipart_id:
            self._multipart_id = self._client.create_multipart_upload(
                Bucket=self._bucket, Key=self._key
            )["UploadId"]
        number = len(self._etags) + 1
        etag = ""
        if not self._made:
            try:
                etag = self._client.upload_part(
                    Bucket=self._bucket,
                    Key=self._key,
                    UploadId=self._multipart_id,
                    PartNumber=number,
                    Body=bytes(self._tail),
                )["ETag"]
            except ClientError as error:
                if error_code(error) not in _GONE:
                    raise
                self._check_made()
        self._etags.append(etag)
        self._tail.clear()

    def _complete(self) -> None:
        parts: list[CompletedPartTypeDef] = [
            {"PartNumber": number, "ETag": etag} for number, etag in enumerate(self._etags, start=1)
        ]
        try:
            self._client.complete_multipart_upload(
                Bucket=self._bucket,
                Key=self._key,
                UploadId=self._multipart_id,
                MultipartUpload={"Parts": parts},
                IfNoneMatch="*",
            )
        except ClientError as error:
            if error_code(error) not in _GONE | _TAKEN | _CONFLICT:
                raise
            self._check_made()
            self._abort()

    def _check_made(self) -> None:
        """Take into account that another writer has made the file.

        Raises:
            OutputLostError: nobody has.
        """
        for pause in (*_PAUSES, None):
            if self._is_there():
                self._made = True
                return
            if pause is not None:
                time.sleep(pause)
        raise OutputLostError(self._key)

    def _is_there(self) -> bool:
        try:
            self._client.head_object(Bucket=self._bucket, Key=self._key)
        except ClientError as error:
            if error_code(error) != "404":
                raise
            return False
        return True

    def _abort(self) -> None:
        try:
            self._client.abort_multipart_upload(
                Bucket=self._bucket, Key=self._key, UploadId=self._multipart_id
            )
        except ClientError as error:
            if error_code(error) not in _GONE:
                raise
