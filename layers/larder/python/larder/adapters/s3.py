"""The bytes of files and their reports in S3."""

from __future__ import annotations

import base64
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from botocore.exceptions import ClientError

from larder.domain.filenames import attachment
from larder.domain.ids import TenantId, parse_stored_id
from larder.domain.media_types import UNKNOWN
from larder.services.object_store import (
    NotModified,
    ObjectStat,
    RangeNotSatisfiable,
    SignedRequest,
    StoredBytes,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from contextlib import AbstractContextManager

    from botocore.response import StreamingBody
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import GetObjectRequestTypeDef

    from larder.domain.files import File
    from larder.domain.ids import FileId
    from larder.domain.uploads import Upload
    from larder.services.object_store import ReadResult

BLOCK = 64 * 2**10
"""Bytes read at a time: 64 KiB stay in the processor's cache from socket to validator."""

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

FILES = "files"
REPORTS = "reports"


def object_key(kind: str, tenant: TenantId, file_id: FileId) -> str:
    """Return the key of a file's bytes (`files/…`) or of its report (`reports/…`)."""
    return f"{kind}/{tenant}/{file_id}"


def parse_event_key(encoded: str) -> tuple[TenantId, FileId] | None:
    """Return whose bytes an S3 event is about; None when the key is none of ours.

    Keys in S3 events are URL-encoded, a space as `+`.
    """
    match unquote_plus(encoded).split("/"):
        case [kind, tenant, raw] if kind == FILES:
            file_id = parse_stored_id(raw)
            return None if file_id is None else (TenantId(tenant), file_id)
    return None


class S3Objects:
    """`ObjectStore` on S3."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put(self, tenant: TenantId, file_id: FileId, data: bytes) -> None:
        """PUT the file's bytes."""
        self._client.put_object(
            Bucket=self._bucket, Key=object_key(FILES, tenant, file_id), Body=data
        )

    def copy(self, tenant: TenantId, source_id: FileId, target_id: FileId) -> bool:
        """Have S3 copy the bytes, of up to 5 GiB."""
        keys = (object_key(FILES, tenant, each) for each in (source_id, target_id))
        return copy_object(self._client, self._bucket, *keys)

    def stat(self, tenant: TenantId, file_id: FileId) -> ObjectStat | None:
        """HEAD the file's bytes. With SSE-S3 the ETag of a single PUT is the MD5."""
        try:
            head = self._client.head_object(
                Bucket=self._bucket, Key=object_key(FILES, tenant, file_id)
            )
        except ClientError as error:
            if error_code(error) in {"404", "NoSuchKey", "NotFound"}:
                return None
            raise
        return ObjectStat(size=head["ContentLength"], md5=head["ETag"].strip('"'))

    def read(
        self,
        tenant: TenantId,
        file_id: FileId,
        *,
        byte_range: str | None,
        if_none_match: str | None,
    ) -> ReadResult | None:
        """GET the file's bytes; S3 itself applies `Range` and `If-None-Match`."""
        request: GetObjectRequestTypeDef = {
            "Bucket": self._bucket,
            "Key": object_key(FILES, tenant, file_id),
        }
        if byte_range is not None:
            request["Range"] = byte_range
        if if_none_match is not None:
            request["IfNoneMatch"] = if_none_match
        try:
            answer = self._client.get_object(**request)
        except ClientError as error:
            match error_code(error):
                case "NoSuchKey":
                    return None
                case "304" | "NotModified":
                    return NotModified(
                        etag=error.response["ResponseMetadata"]["HTTPHeaders"].get("etag")
                    )
                case "InvalidRange" | "416":
                    return RangeNotSatisfiable()
            raise
        with closing(answer["Body"]) as body:
            return StoredBytes(
                data=body.read(), etag=answer["ETag"], content_range=answer.get("ContentRange")
            )

    def stream(
        self, tenant: TenantId, file_id: FileId
    ) -> AbstractContextManager[Iterable[bytes]] | None:
        """GET the file's bytes, to be read in blocks of 64 KiB."""
        try:
            answer = self._client.get_object(
                Bucket=self._bucket, Key=object_key(FILES, tenant, file_id)
            )
        except self._client.exceptions.NoSuchKey:
            return None
        return _blocks(answer["Body"])

    def delete(self, tenant: TenantId, file_id: FileId) -> None:
        """DELETE bytes and report; S3 answers the same when there are none."""
        for kind in (FILES, REPORTS):
            self._client.delete_object(Bucket=self._bucket, Key=object_key(kind, tenant, file_id))

    def put_report(self, tenant: TenantId, file_id: FileId, report: bytes) -> None:
        """PUT the file's report."""
        self._client.put_object(
            Bucket=self._bucket,
            Key=object_key(REPORTS, tenant, file_id),
            Body=report,
            ContentType="application/json",
        )

    def get_report(self, tenant: TenantId, file_id: FileId) -> bytes | None:
        """GET the file's report."""
        try:
            answer = self._client.get_object(
                Bucket=self._bucket, Key=object_key(REPORTS, tenant, file_id)
            )
        except self._client.exceptions.NoSuchKey:
            return None
        with closing(answer["Body"]) as body:
            return body.read()

    def sign_put(self, tenant: TenantId, upload: Upload, now: float) -> SignedRequest:
        """Sign a PUT of exactly the announced bytes that can be done once.

        Content-Length, `If-None-Match: *` and the checksum are signed headers: S3 refuses
        another size, a second write and other bytes.
        """
        lifetime = max(1, int(upload.expires_at - now))
        headers = {"Content-Length": str(upload.bytes), "If-None-Match": "*"}
        params = {
            "Bucket": self._bucket,
            "Key": object_key(FILES, tenant, upload.file_id),
            "ContentLength": upload.bytes,
            "IfNoneMatch": "*",
        }
        if upload.sha256 is not None:
            checksum = base64.b64encode(bytes.fromhex(upload.sha256)).decode()
            params["ChecksumSHA256"] = headers["x-amz-checksum-sha256"] = checksum
        url = self._client.generate_presigned_url(
            "put_object", Params=params, ExpiresIn=lifetime, HttpMethod="PUT"
        )
        return SignedRequest(url=url, headers=headers, expires_at=int(now) + lifetime)

    def sign_get(
        self,
        tenant: TenantId,
        file: File,
        *,
        now: float,
        lifetime: int,
        media_type: str = UNKNOWN,
    ) -> SignedRequest:
        """Sign a GET that downloads exactly the stored bytes, under the file's name.

        A presigned PUT leaves these headers to whoever sends the bytes, and S3 keeps them: each
        is overridden, or a file could come back unpacked, cached or rendered.
        """
        url = self._client.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self._bucket,
                "Key": object_key(FILES, tenant, file.id),
                "ResponseContentDisposition": attachment(file.filename),
                "ResponseContentType": media_type,
                "ResponseContentEncoding": "identity",
                "ResponseContentLanguage": "und",
                "ResponseCacheControl": "private, no-cache",
                "ResponseExpires": _LONG_AGO,
            },
            ExpiresIn=lifetime,
        )
        return SignedRequest(url=url, headers={}, expires_at=int(now) + lifetime)


def copy_object(client: S3Client, bucket: str, source: str, target: str) -> bool:
    """Have S3 copy an object to another key; False if there is none."""
    try:
        client.copy_object(Bucket=bucket, Key=target, CopySource={"Bucket": bucket, "Key": source})
    except ClientError as error:
        if error_code(error) in {"NoSuchKey", "404"}:
            return False
        raise
    return True


@contextmanager
def _blocks(body: StreamingBody) -> Iterator[Iterable[bytes]]:
    with closing(body):
        yield body.iter_chunks(BLOCK)


def error_code(error: ClientError) -> str:
    """Return the code by which S3 names an error."""
    return error.response["Error"]["Code"]
