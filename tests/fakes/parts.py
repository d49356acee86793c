"""Files in parts in memory, with S3's rules for multipart uploads."""

from __future__ import annotations

import hashlib
from itertools import count
from typing import TYPE_CHECKING

from larder.domain.parts import ArrivedPart
from larder.services.uploads.part_store import Digests

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from larder.domain.ids import FileId, PartId, TenantId, UploadId
    from larder.domain.parts import Part
    from larder.domain.uploads import Upload
    from tests.fakes.objects import InMemoryObjects


class InMemoryParts:
    """`PartStore` in memory, making files of `objects`."""

    def __init__(self, objects: InMemoryObjects) -> None:
        self._objects = objects
        self._names = count()
        self.multipart: dict[str, dict[int, bytes]] = {}
        self.small: dict[tuple[TenantId, UploadId], dict[PartId, bytes]] = {}

    def begin(self, tenant: TenantId, file_id: FileId) -> str:
        name = f"{tenant}/{file_id}/{next(self._names)}"
        self.multipart[name] = {}
        return name

    def arrived(self, tenant: TenantId, upload: Upload) -> tuple[ArrivedPart, ...] | None:  # noqa: ARG002
        parts = self.multipart.get(upload.multipart_id or "")
        if parts is None:
            return None
        return tuple(
            ArrivedPart(number, len(data), hashlib.md5(data, usedforsecurity=False).hexdigest())
            for number, data in sorted(parts.items())
        )

    def sign_part(self, tenant: TenantId, upload: Upload, part: Part, now: float) -> str:  # noqa: ARG002
        return f"memory://put/{upload.multipart_id}/{part.number}"

    def finish(self, tenant: TenantId, upload: Upload, parts: Sequence[ArrivedPart]) -> bool:
        held = self.multipart.get(upload.multipart_id or "")
        if held is None or (tenant, upload.file_id) in self._objects.files:
            return False
        self._objects.multipart(tenant, upload.file_id, [held[part.number] for part in parts])
        del self.multipart[upload.multipart_id or ""]
        return True

    def put_small(
        self, tenant: TenantId, upload_id: UploadId, part_id: PartId, data: bytes
    ) -> None:
        self.small.setdefault((tenant, upload_id), {})[part_id] = data

    def small_parts(self, tenant: TenantId, upload_id: UploadId) -> Mapping[PartId, int]:
        held = self.small.get((tenant, upload_id), {})
        return {part_id: len(data) for part_id, data in held.items()}

    def assemble(
        self,
        tenant: TenantId,
        upload: Upload,
        part_ids: Sequence[PartId],
        accept: Callable[[Digests], None],
    ) -> bool:
        held = self.small.get((tenant, upload.id), {})
        if not held.keys() >= set(part_ids):
            return False
        pieces = [held[part_id] for part_id in part_ids]
        data = b"".join(pieces)
        md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
        accept(Digests(md5, hashlib.sha256(data).hexdigest()))
        if (tenant, upload.file_id) in self._objects.files:
            return False
        self._objects.multipart(tenant, upload.file_id, pieces)
        return True

    def clear(self, tenant: TenantId, upload: Upload) -> None:
        self.multipart.pop(upload.multipart_id or "", None)
        self.small.pop((tenant, upload.id), None)
