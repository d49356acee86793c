"""The S3 of the fake Larder, behind signed URLs."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, field
from urllib.parse import quote

from tests.fakes.http_faults import Json, Request, Response, blocks_of, md5, s3_error

_SIGNED = {"x-amz-checksum-sha256"}
_RANGE = re.compile(r"bytes=(\d+)-(\d+)")


@dataclass
class StoredUpload:
    id: str
    announced: Json
    part_size: int | None
    status: str = "pending"
    whole: bytes | None = None
    parts: dict[int, bytes] = field(default_factory=dict)

    @property
    def file_id(self) -> str:
        return self.id.replace("upload_", "file-")

    def part_length(self, number: int) -> int:
        assert self.part_size is not None
        size: int = self.announced["bytes"]
        return min(self.part_size, size - (number - 1) * self.part_size)

    @property
    def numbers(self) -> range:
        size: int = self.announced["bytes"]
        return range(1, 1 + -(-size // self.part_size)) if self.part_size else range(0)


class FakeS3:
    """Objects by file id, and pending uploads."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.contents: dict[str, bytes] = {}
        self.etags: dict[str, str] = {}
        self.uploads: dict[str, StoredUpload] = {}
        self.stale_signatures: set[str] = set()
        self._signed = 0

    def store(self, file_id: str, data: bytes) -> None:
        self.contents[file_id] = data
        self.etags[file_id] = f'"{md5(data)}"'

    def make_stale(self) -> None:
        """Expire every URL that was signed so far."""
        self.stale_signatures = {str(number) for number in range(self._signed + 1)}

    def sign(self, path: str) -> str:
        self._signed += 1
        return f"{self.origin}{quote(path)}?X-Amz-Signature={self._signed}"

    def respond(self, request: Request, data: bytes) -> Response:
        if request.query["X-Amz-Signature"] in self.stale_signatures:
            return s3_error(403, "AccessDenied", "Request has expired")
        if "authorization" in request.headers:
            return s3_error(400, "InvalidArgument", "Only one auth mechanism allowed")
        if any(name.startswith("x-amz-") for name in request.headers.keys() - _SIGNED):
            return s3_error(403, "AccessDenied", "There were headers which were not signed")
        match request.method, request.path.removeprefix("/s3/").split("/"):
            case "GET", [file_id]:
                return self._serve(request, file_id)
            case "PUT", [upload_id]:
                return self._put(request, self.uploads[upload_id], data)
            case "PUT", [upload_id, number]:
                return self._put_part(self.uploads[upload_id], int(number), data)
        raise AssertionError(request)

    def _serve(self, request: Request, file_id: str) -> Response:
        data = self.contents[file_id]
        wanted = _RANGE.fullmatch(request.headers["range"])
        assert wanted is not None
        start, end = int(wanted[1]), int(wanted[2])
        assert end < len(data)
        headers = {
            "etag": self.etags[file_id],
            "content-range": f"bytes {start}-{end}/{len(data)}",
        }
        return Response(206, headers, blocks_of(data[start : end + 1]))

    def _put(self, request: Request, upload: StoredUpload, data: bytes) -> Response:
        assert request.headers["if-none-match"] == "*"
        if upload.whole is not None:
            return s3_error(412, "PreconditionFailed", "")
        if len(data) != upload.announced["bytes"]:
            return s3_error(403, "SignatureDoesNotMatch", "")
        if checksum := request.headers.get("x-amz-checksum-sha256"):
            if base64.b64decode(checksum) != hashlib.sha256(data).digest():
                return s3_error(400, "BadDigest", "The SHA256 did not match.")
        else:
            assert "sha256" not in upload.announced
        upload.whole = data
        return Response(200, {"etag": f'"{md5(data)}"'})

    def _put_part(self, upload: StoredUpload, number: int, data: bytes) -> Response:
        if upload.status != "pending":
            return s3_error(404, "NoSuchUpload", "The specified upload does not exist.")
        if len(data) != upload.part_length(number):
            return s3_error(403, "SignatureDoesNotMatch", "")
        upload.parts[number] = data
        return Response(200, {"etag": f'"{md5(data)}"'})
