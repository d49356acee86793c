"""The port to the objects, which hold the files' bytes: S3, or the one in `tests/fakes`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from larder.domain.media_types import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable
    from contextlib import AbstractContextManager

    from larder.domain.files import File
    from larder.domain.ids import FileId, TenantId
    from larder.domain.uploads import Upload


@dataclass(frozen=True, slots=True)
class ObjectStat:
    """A stored object: its exact size, and its MD5 in hex (the ETag of a single PUT).

    The ETag of a multipart object is no MD5 and contains a hyphen.
    """

    size: int
    md5: str

    @property
    def multipart(self) -> bool:
        """Whether the object was assembled from parts: then `md5` is no MD5."""
        return "-" in self.md5


@dataclass(frozen=True, slots=True)
class StoredBytes:
    """The stored bytes, or the part that a `Range` requested."""

    data: bytes
    etag: str
    content_range: str | None = None


@dataclass(frozen=True, slots=True)
class NotModified:
    """The client's copy (`If-None-Match`) is current.

    `etag` is None if the store did not return it.
    """

    etag: str | None


@dataclass(frozen=True, slots=True)
class RangeNotSatisfiable:
    """The `Range` is outside the stored bytes."""


type ReadResult = StoredBytes | NotModified | RangeNotSatisfiable


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request that S3 accepts without credentials, with the headers that are signed."""

    url: str
    headers: dict[str, str]
    expires_at: int


class ObjectStore(Protocol):
    """The bytes of files, and their validation reports."""

    def put(self, tenant: TenantId, file_id: FileId, data: bytes) -> None:
        """Store the file's bytes."""

    def copy(self, tenant: TenantId, source_id: FileId, target_id: FileId) -> bool:
        """Copy the bytes of a file to another one; False if none are stored."""

    def stat(self, tenant: TenantId, file_id: FileId) -> ObjectStat | None:
        """Return the size and MD5 of the file's bytes; None if none are stored."""

    def read(
        self,
        tenant: TenantId,
        file_id: FileId,
        *,
        byte_range: str | None,
        if_none_match: str | None,
    ) -> ReadResult | None:
        """Read the bytes as HTTP's `Range` and `If-None-Match` ask; None if none are stored."""

    def stream(
        self, tenant: TenantId, file_id: FileId
    ) -> AbstractContextManager[Iterable[bytes]] | None:
        """Open the file's bytes as a stream of small blocks; None if none are stored."""

    def delete(self, tenant: TenantId, file_id: FileId) -> None:
        """Delete the file's bytes and its validation report, if there are any."""

    def put_report(self, tenant: TenantId, file_id: FileId, report: bytes) -> None:
        """Store the file's validation report (JSON)."""

    def get_report(self, tenant: TenantId, file_id: FileId) -> bytes | None:
        """Return the file's validation report (JSON); None if there is none."""

    def sign_put(self, tenant: TenantId, upload: Upload, now: float) -> SignedRequest:
        """Sign the one PUT that can store the upload's bytes, valid until the upload expires."""

    def sign_get(
        self,
        tenant: TenantId,
        file: File,
        *,
        now: float,
        lifetime: int,
        media_type: str = UNKNOWN,
    ) -> SignedRequest:
        """Sign a download of the file under its name, valid for `lifetime` seconds."""
