"""The port to objects that are sent in parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from larder.domain.ids import FileId, PartId, TenantId, UploadId
    from larder.domain.parts import ArrivedPart, Part
    from larder.domain.uploads import Upload


@dataclass(frozen=True, slots=True)
class PartsTransfer:
    """The signed PUTs of the missing parts, by number, and the parts that have arrived."""

    part_size: int
    urls: tuple[tuple[int, str], ...]
    arrived: tuple[ArrivedPart, ...]
    expires_at: int


@dataclass(frozen=True, slots=True)
class Digests:
    """The MD5 and SHA-256 of the assembled bytes, in hex."""

    md5: str
    sha256: str


class PartStore(Protocol):
    """Objects in parts: large parts that go straight to S3, small ones of one request each."""

    def begin(self, tenant: TenantId, file_id: FileId) -> str:
        """Begin a multipart upload of the file, and return its id."""

    def arrived(self, tenant: TenantId, upload: Upload) -> tuple[ArrivedPart, ...] | None:
        """Return the parts that have arrived, by number; None if the multipart upload has ended."""

    def sign_part(self, tenant: TenantId, upload: Upload, part: Part, now: float) -> str:
        """Sign the PUT of exactly this part, valid until the upload expires."""

    def finish(self, tenant: TenantId, upload: Upload, parts: Sequence[ArrivedPart]) -> bool:
        """Join the parts to one object; False if it exists already or the parts are gone."""

    def put_small(
        self, tenant: TenantId, upload_id: UploadId, part_id: PartId, data: bytes
    ) -> None:
        """Store a part from a request's body."""

    def small_parts(self, tenant: TenantId, upload_id: UploadId) -> Mapping[PartId, int]:
        """Return the sizes of the small parts."""

    def assemble(
        self,
        tenant: TenantId,
        upload: Upload,
        part_ids: Sequence[PartId],
        accept: Callable[[Digests], None],
    ) -> bool:
        """Join the small parts in that order to one object, in bounded memory.

        `accept` gets the digests before the object exists, and raises to refuse it. False if the
        object exists already, or a part is gone.
        """

    def clear(self, tenant: TenantId, upload: Upload) -> None:
        """Delete all parts that are left of the upload."""
