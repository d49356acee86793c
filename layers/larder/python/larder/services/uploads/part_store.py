"""What the use cases need of a store that takes a file in parts."""

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
    """Where the parts that are still missing are PUT, by number, and which have arrived."""

    part_size: int
    urls: tuple[tuple[int, str], ...]
    arrived: tuple[ArrivedPart, ...]
    expires_at: int


@dataclass(frozen=True, slots=True)
class Digests:
    """MD5 and SHA-256 of assembled bytes, in hex."""

    md5: str
    sha256: str


class PartStore(Protocol):
    """Files that come in parts: S3's own large ones, and small ones of a request each."""

    def begin(self, tenant: TenantId, file_id: FileId) -> str:
        """Begin to take the file in parts, and return the name of that multipart upload."""

    def arrived(self, tenant: TenantId, upload: Upload) -> tuple[ArrivedPart, ...] | None:
        """Return the parts that are there, by number; None when the multipart upload is over."""

    def sign_part(self, tenant: TenantId, upload: Upload, part: Part, now: float) -> str:
        """Sign the PUT of exactly this part, until the upload expires."""

    def finish(self, tenant: TenantId, upload: Upload, parts: Sequence[ArrivedPart]) -> bool:
        """Make the parts one file; False when there is one already or nothing to make it of."""

    def put_small(
        self, tenant: TenantId, upload_id: UploadId, part_id: PartId, data: bytes
    ) -> None:
        """Store a part that came with a request."""

    def small_parts(self, tenant: TenantId, upload_id: UploadId) -> Mapping[PartId, int]:
        """Return the sizes of the parts that came with requests."""

    def assemble(
        self,
        tenant: TenantId,
        upload: Upload,
        part_ids: Sequence[PartId],
        accept: Callable[[Digests], None],
    ) -> bool:
        """Make one file of the small parts in that order, in bounded memory.

        `accept` is told the digests before the file exists, and raises to refuse it. False when
        there is a file already, or a part is gone.
        """

    def clear(self, tenant: TenantId, upload: Upload) -> None:
        """Delete whatever parts are left of the upload."""
