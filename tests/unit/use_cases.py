"""The use cases with their ports filled in, as the functions call them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.domain.parts import PART_THRESHOLD
from larder.services.files.create import NewFile, create_file
from larder.services.upkeep.receive_object import Arrival, receive_object
from larder.services.upkeep.sweep import Outcome, Sweeper, Swept
from larder.services.uploads.complete import complete_upload
from larder.services.uploads.create import NewUpload, create_upload
from tests.samples import TENANT

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Sequence

    from larder.domain.files import File
    from larder.domain.ids import FileId, TenantId
    from larder.services.uploads.get import UploadState
    from tests.backends.memory import MemoryBackend

VALID_LINE = (
    b'{"custom_id":"a","method":"POST","url":"/v1/embeddings","body":{"model":"m","input":"x"}}\n'
)


def store(
    ports: MemoryBackend,
    data: bytes = b"0123456789",
    *,
    tenant: TenantId = TENANT,
    filename: str = "notes.txt",
    purpose: str = "user_data",
    expires_after: int | None = None,
    sha256: str | None = None,
) -> File:
    """Store a small file."""
    return create_file(
        tenant,
        NewFile(filename, data, purpose, "text/plain", expires_after, sha256=sha256),
        files=ports.files,
        quota=ports.quota,
        objects=ports.objects,
        clock=ports.clock,
    )


def announce(
    ports: MemoryBackend,
    size: int = 10,
    *,
    tenant: TenantId = TENANT,
    purpose: str = "user_data",
    expires_after: int | None = None,
    sha256: str | None = None,
    folder: str | None = None,
    part_threshold: int = PART_THRESHOLD,
) -> UploadState:
    """Create an upload."""
    return create_upload(
        tenant,
        NewUpload("notes.txt", size, purpose, "text/plain", expires_after, sha256, folder),
        uploads=ports.uploads,
        folders=ports.folders,
        quota=ports.quota,
        objects=ports.objects,
        parts=ports.parts,
        part_threshold=part_threshold,
        clock=ports.clock,
    )


def complete(
    ports: MemoryBackend,
    upload_id: str,
    *,
    tenant: TenantId = TENANT,
    part_ids: Sequence[str] = (),
    md5: str | None = None,
) -> UploadState:
    """Complete an upload."""
    return complete_upload(
        tenant,
        upload_id,
        part_ids=part_ids,
        md5=md5,
        files=ports.files,
        uploads=ports.uploads,
        objects=ports.objects,
        parts=ports.parts,
        clock=ports.clock,
    )


def receive(ports: MemoryBackend, file_id: FileId, *, tenant: TenantId = TENANT) -> Arrival:
    """Receive the bytes that S3 says have arrived."""
    return receive_object(
        tenant,
        file_id,
        files=ports.files,
        uploads=ports.uploads,
        objects=ports.objects,
        clock=ports.clock,
    )


def sweeper(ports: MemoryBackend) -> Sweeper:
    """Return the sweeper."""
    return Sweeper(
        files=ports.files,
        trash=ports.trash,
        folders=ports.folders,
        uploads=ports.uploads,
        usage=ports.usage,
        deadlines=ports.deadlines,
        objects=ports.objects,
        parts=ports.parts,
        validation_queue=ports.validation_queue,
        cleanups=ports.cleanups,
        clock=ports.clock,
    )


def sweep(ports: MemoryBackend) -> tuple[Counter[Outcome], list[Swept]]:
    """Sweep everything that is due, and return how often what came about, and each of them."""
    reported: list[Swept] = []
    outcomes = sweeper(ports).sweep(keep_going=lambda: True, report=reported.append)
    return outcomes, reported
