"""What the use cases need of the store of bytes: S3, or its in-memory version in `tests/fakes`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable
    from contextlib import AbstractContextManager

    from larder.domain.files import File
    from larder.domain.ids import FileId, TenantId
    from larder.domain.uploads import Upload


@dataclass(frozen=True, slots=True)
class ObjectStat:
    """A stored object: its exact size, and its MD5 in hex (the ETag of a single PUT).

    What was put together from parts has another ETag, with a hyphen in it.
    """

    size: int
    md5: str

    @property
    def multipart(self) -> bool:
        """Whether the object was made of parts, so that `md5` is none."""
        return "-" in self.md5


@dataclass(frozen=True, slots=True)
class StoredBytes:
    """Bytes as stored, or the part of them that a `Range` asked for."""

    data: bytes
    etag: str
    content_range: str | None = None


@dataclass(frozen=True, slots=True)
class NotModified:
    """The client's copy (`If-None-Match`) is still what is stored.

    `etag` None when the store did not repeat it.
    """

    etag: str | None


@dataclass(frozen=True, slots=True)
class RangeNotSatisfiable:
    """The `Range` lies outside the stored bytes."""


type ReadResult = StoredBytes | NotModified | RangeNotSatisfiable


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request that S3 accepts without other credentials, with the headers that it signs."""

    url: str
    headers: dict[str, str]
    expires_at: int


class ObjectStore(Protocol):
    """The bytes of files, and their validation reports."""

    def put(self, tenant: TenantId, file_id: FileId, data: bytes) -> None:
        """Store the file's bytes."""

    def stat(self, tenant: TenantId, file_id: FileId) -> ObjectStat | None:
        """Return the size and MD5 of the file's bytes, None when there are none."""

    def read(
        self,
        tenant: TenantId,
        file_id: FileId,
        *,
        byte_range: str | None,
        if_none_match: str | None,
    ) -> ReadResult | None:
        """Return the file's bytes by HTTP's rules for `Range` and `If-None-Match`."""

    def stream(
        self, tenant: TenantId, file_id: FileId
    ) -> AbstractContextManager[Iterable[bytes]] | None:
        """Open the file's bytes as small blocks, None when there are none."""

    def delete(self, tenant: TenantId, file_id: FileId) -> None:
        """Delete the file's bytes and its report, if there are any."""

    def put_report(self, tenant: TenantId, file_id: FileId, report: bytes) -> None:
        """Store the file's validation report (JSON)."""

    def get_report(self, tenant: TenantId, file_id: FileId) -> bytes | None:
        """Return the file's validation report (JSON), None when there is none."""

    def sign_put(self, tenant: TenantId, upload: Upload, now: float) -> SignedRequest:
        """Sign the one PUT that can deliver the upload's bytes, until the upload expires."""

    def sign_get(self, tenant: TenantId, file: File, *, now: float, lifetime: int) -> SignedRequest:
        """Sign a download of the file under its name, for `lifetime` seconds."""
