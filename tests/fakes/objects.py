"""Objects in memory, with S3's rules for ranges, conditions and signed PUTs."""

from __future__ import annotations

import base64
import hashlib
import re
from contextlib import nullcontext
from typing import TYPE_CHECKING

from larder.domain.media_types import UNKNOWN
from larder.services.object_store import (
    NotModified,
    ObjectStat,
    RangeNotSatisfiable,
    SignedRequest,
    StoredBytes,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from contextlib import AbstractContextManager

    from larder.domain.files import File
    from larder.domain.ids import FileId, TenantId
    from larder.domain.uploads import Upload
    from larder.services.object_store import ReadResult

_BLOCK = 64 * 2**10
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


class InMemoryObjects:
    """`ObjectStore` in memory."""

    def __init__(self) -> None:
        self.files: dict[tuple[TenantId, FileId], bytes] = {}
        self.reports: dict[tuple[TenantId, FileId], bytes] = {}
        self._parts: dict[tuple[TenantId, FileId], int] = {}

    def put(self, tenant: TenantId, file_id: FileId, data: bytes) -> None:
        self.files[tenant, file_id] = data
        self._parts.pop((tenant, file_id), None)

    def copy(self, tenant: TenantId, source_id: FileId, target_id: FileId) -> bool:
        data = self.files.get((tenant, source_id))
        if data is None:
            return False
        self.put(tenant, target_id, data)
        return True

    def multipart(self, tenant: TenantId, file_id: FileId, parts: list[bytes]) -> None:
        """Store what S3 makes of parts: its ETag is no MD5."""
        self.files[tenant, file_id] = b"".join(parts)
        self._parts[tenant, file_id] = len(parts)

    def stat(self, tenant: TenantId, file_id: FileId) -> ObjectStat | None:
        data = self.files.get((tenant, file_id))
        if data is None:
            return None
        parts = self._parts.get((tenant, file_id))
        md5 = _md5(data) if parts is None else f"{_md5(data[::-1])}-{parts}"
        return ObjectStat(size=len(data), md5=md5)

    def read(
        self,
        tenant: TenantId,
        file_id: FileId,
        *,
        byte_range: str | None,
        if_none_match: str | None,
    ) -> ReadResult | None:
        data = self.files.get((tenant, file_id))
        if data is None:
            return None
        etag = f'"{_md5(data)}"'
        if if_none_match is not None and if_none_match.strip('"') == etag.strip('"'):
            return NotModified(etag)
        asked = None if byte_range is None else _RANGE.fullmatch(byte_range)
        if asked is None or asked.groups() == ("", ""):
            return StoredBytes(data, etag)
        first, last = _bounds(asked[1], asked[2], len(data))
        if first > last:
            return RangeNotSatisfiable()
        return StoredBytes(data[first : last + 1], etag, f"bytes {first}-{last}/{len(data)}")

    def stream(
        self, tenant: TenantId, file_id: FileId
    ) -> AbstractContextManager[Iterable[bytes]] | None:
        data = self.files.get((tenant, file_id))
        if data is None:
            return None
        return nullcontext([data[at : at + _BLOCK] for at in range(0, len(data), _BLOCK)])

    def delete(self, tenant: TenantId, file_id: FileId) -> None:
        self.files.pop((tenant, file_id), None)
        self.reports.pop((tenant, file_id), None)

    def put_report(self, tenant: TenantId, file_id: FileId, report: bytes) -> None:
        self.reports[tenant, file_id] = report

    def get_report(self, tenant: TenantId, file_id: FileId) -> bytes | None:
        return self.reports.get((tenant, file_id))

    def sign_put(self, tenant: TenantId, upload: Upload, now: float) -> SignedRequest:
        headers = {"Content-Length": str(upload.bytes), "If-None-Match": "*"}
        if upload.sha256 is not None:
            checksum = base64.b64encode(bytes.fromhex(upload.sha256)).decode()
            headers["x-amz-checksum-sha256"] = checksum
        lifetime = max(1, int(upload.expires_at - now))
        return SignedRequest(
            url=f"memory://put/files/{tenant}/{upload.file_id}",
            headers=headers,
            expires_at=int(now) + lifetime,
        )

    def sign_get(
        self,
        tenant: TenantId,
        file: File,
        *,
        now: float,
        lifetime: int,
        media_type: str = UNKNOWN,  # noqa: ARG002
    ) -> SignedRequest:
        return SignedRequest(
            url=f"memory://get/files/{tenant}/{file.id}", headers={}, expires_at=int(now) + lifetime
        )


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def _bounds(first: str, last: str, size: int) -> tuple[int, int]:
    if first == "":
        return max(0, size - int(last)), size - 1
    return int(first), min(int(last), size - 1) if last else size - 1
