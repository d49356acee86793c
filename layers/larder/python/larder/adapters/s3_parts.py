"""Files that come in parts, in S3: multipart uploads, and small parts put together."""

from __future__ import annotations

import hashlib
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from itertools import batched
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from larder.adapters.s3 import FILES, error_code, object_key
from larder.domain.ids import PartId
from larder.domain.parts import MIB, ArrivedPart
from larder.services.uploads.part_store import Digests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

    from larder.domain.ids import FileId, TenantId, UploadId
    from larder.domain.parts import Part
    from larder.domain.uploads import Upload

ASSEMBLED_PART = 8 * MIB
READ_AHEAD = 8
READ_AHEAD_OF_TINY = 24
"""Reads in flight where parts are so small that waiting for S3 takes the time."""
WRITE_BEHIND = 3

_DELETED_AT_ONCE = 1_000
_MANY = 1_000
_OVER = frozenset({"NoSuchUpload", "404"})
_TAKEN = frozenset({"PreconditionFailed", "412", "ConditionalRequestConflict"})


class S3Parts:
    """`PartStore` on S3. An assembly holds at most about 50 MiB, however large the file."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def begin(self, tenant: TenantId, file_id: FileId) -> str:
        """Create a multipart upload."""
        return self._client.create_multipart_upload(
            Bucket=self._bucket, Key=object_key(FILES, tenant, file_id)
        )["UploadId"]

    def arrived(self, tenant: TenantId, upload: Upload) -> tuple[ArrivedPart, ...] | None:
        """List the parts of the multipart upload."""
        pages = self._client.get_paginator("list_parts").paginate(
            Bucket=self._bucket,
            Key=object_key(FILES, tenant, upload.file_id),
            UploadId=upload.multipart_id or "",
        )
        try:
            return tuple(
                ArrivedPart(part["PartNumber"], part["Size"], part["ETag"].strip('"'))
                for page in pages
                for part in page.get("Parts", [])
            )
        except ClientError as error:
            if error_code(error) in _OVER:
                return None
            raise

    def sign_part(self, tenant: TenantId, upload: Upload, part: Part, now: float) -> str:
        """Sign the PUT of a part; its Content-Length is signed, so S3 refuses another size."""
        return self._client.generate_presigned_url(
            "upload_part",
            Params={
                "Bucket": self._bucket,
                "Key": object_key(FILES, tenant, upload.file_id),
                "UploadId": upload.multipart_id,
                "PartNumber": part.number,
                "ContentLength": part.size,
            },
            ExpiresIn=max(1, int(upload.expires_at - now)),
            HttpMethod="PUT",
        )

    def finish(self, tenant: TenantId, upload: Upload, parts: Sequence[ArrivedPart]) -> bool:
        """Complete the multipart upload on condition that no object is there."""
        return self._finish(
            tenant,
            upload.file_id,
            upload.multipart_id or "",
            [{"PartNumber": part.number, "ETag": part.md5} for part in parts],
        )

    def _finish(
        self,
        tenant: TenantId,
        file_id: FileId,
        multipart_id: str,
        parts: list[CompletedPartTypeDef],
    ) -> bool:
        try:
            self._client.complete_multipart_upload(
                Bucket=self._bucket,
                Key=object_key(FILES, tenant, file_id),
                UploadId=multipart_id,
                MultipartUpload={"Parts": parts},
                IfNoneMatch="*",
            )
        except ClientError as error:
            if error_code(error) in _OVER | _TAKEN:
                return False
            raise
        return True

    def put_small(
        self, tenant: TenantId, upload_id: UploadId, part_id: PartId, data: bytes
    ) -> None:
        """PUT the part under the upload's own prefix."""
        self._client.put_object(
            Bucket=self._bucket, Key=_prefix(tenant, upload_id) + part_id, Body=data
        )

    def small_parts(self, tenant: TenantId, upload_id: UploadId) -> Mapping[PartId, int]:
        """List the objects under the upload's prefix."""
        prefix = _prefix(tenant, upload_id)
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=prefix
        )
        return {
            PartId(entry["Key"].removeprefix(prefix)): entry["Size"]
            for page in pages
            for entry in page.get("Contents", [])
        }

    def assemble(
        self,
        tenant: TenantId,
        upload: Upload,
        part_ids: Sequence[PartId],
        accept: Callable[[Digests], None],
    ) -> bool:
        """Copy the parts into a multipart upload of 8 MiB parts, reading ahead, writing behind.

        S3 cannot join them by itself: its own parts are 5 MiB at least.
        """
        md5, sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()
        multipart_id = self.begin(tenant, upload.file_id)
        key = object_key(FILES, tenant, upload.file_id)
        try:
            ahead = READ_AHEAD_OF_TINY if len(part_ids) > _MANY else READ_AHEAD
            with ThreadPoolExecutor(ahead + WRITE_BEHIND) as threads:
                written: list[Future[CompletedPartTypeDef]] = []
                blocks = self._blocks(tenant, upload.id, part_ids, threads, ahead)
                for number, block in enumerate(blocks, start=1):
                    md5.update(block)
                    sha256.update(block)
                    if number > WRITE_BEHIND:
                        written[number - WRITE_BEHIND - 1].result()
                    written.append(threads.submit(self._write, key, multipart_id, number, block))
                parts = [future.result() for future in written]
            accept(Digests(md5.hexdigest(), sha256.hexdigest()))
            if self._finish(tenant, upload.file_id, multipart_id, parts):
                return True
        except self._client.exceptions.NoSuchKey:
            # Cleared away: the upload has ended meanwhile.
            pass
        except BaseException:
            self._abort(key, multipart_id)
            raise
        self._abort(key, multipart_id)
        return False

    def clear(self, tenant: TenantId, upload: Upload) -> None:
        """Abort the multipart upload and delete the small parts."""
        if upload.multipart_id is not None:
            self._abort(object_key(FILES, tenant, upload.file_id), upload.multipart_id)
        if upload.part_bytes == 0:
            return
        prefix = _prefix(tenant, upload.id)
        for part_ids in batched(
            self.small_parts(tenant, upload.id), _DELETED_AT_ONCE, strict=False
        ):
            self._client.delete_objects(
                Bucket=self._bucket,
                Delete={"Objects": [{"Key": prefix + each} for each in part_ids], "Quiet": True},
            )

    def _abort(self, key: str, multipart_id: str) -> None:
        try:
            self._client.abort_multipart_upload(Bucket=self._bucket, Key=key, UploadId=multipart_id)
        except ClientError as error:
            if error_code(error) not in _OVER:
                raise

    def _blocks(
        self,
        tenant: TenantId,
        upload_id: UploadId,
        part_ids: Sequence[PartId],
        threads: ThreadPoolExecutor,
        read_ahead: int,
    ) -> Iterator[bytes]:
        prefix = _prefix(tenant, upload_id)
        ahead: list[Future[bytes]] = []
        waiting = iter(part_ids)
        block = bytearray()
        while True:
            for part_id in waiting:
                ahead.append(threads.submit(self._read, prefix + part_id))
                if len(ahead) == read_ahead:
                    break
            if not ahead:
                break
            block += ahead.pop(0).result()
            while len(block) >= ASSEMBLED_PART:
                yield bytes(block[:ASSEMBLED_PART])
                del block[:ASSEMBLED_PART]
        if block:
            yield bytes(block)

    def _read(self, key: str) -> bytes:
        with closing(self._client.get_object(Bucket=self._bucket, Key=key)["Body"]) as body:
            return body.read()

    def _write(self, key: str, multipart_id: str, number: int, data: bytes) -> CompletedPartTypeDef:
        etag = self._client.upload_part(
            Bucket=self._bucket, Key=key, UploadId=multipart_id, PartNumber=number, Body=data
        )["ETag"]
        return {"PartNumber": number, "ETag": etag}


def _prefix(tenant: TenantId, upload_id: UploadId) -> str:
    return f"parts/{tenant}/{upload_id}/"
