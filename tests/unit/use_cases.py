"""Use cases with what most tests say of them by default."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.services.files.create import CreateFile, NewFile
from larder.services.space.create_folder import create_folder
from larder.services.space.delete_folder import DeleteFolder
from larder.services.space.restore_file import RestoreFile
from larder.services.space.restore_folder import RestoreFolder
from larder.services.space.trash_file import trash_file
from larder.services.space.update_file import FileChanges, update_file
from larder.services.space.update_folder import FolderChanges, update_folder
from larder.services.upkeep.cleanup import run_cleanup
from larder.services.upkeep.receive_object import Arrival, ReceiveObject
from larder.services.upkeep.sweep import Sweep, SweepResult, Swept
from larder.services.uploads.complete import CompleteUpload
from larder.services.uploads.create import CreateUpload, NewUpload
from tests.samples import TENANT

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Sequence

    from larder.domain.files import File
    from larder.domain.folders import Folder
    from larder.domain.ids import FileId, FolderId, TenantId
    from larder.domain.trash import TrashedFile
    from larder.services.uploads.get import UploadState
    from tests.backends.memory import MemoryBackend

VALID_LINE = (
    b'{"custom_id":"a","method":"POST","url":"/v1/embeddings","body":{"model":"m","input":"x"}}\n'
)


def forever() -> bool:
    """Tell that there is time for everything."""
    return True


def times(count: int) -> Callable[[], bool]:
    """Return what says `count` times that there is time left."""
    left = iter([True] * count)
    return lambda: next(left, False)


def store(
    ports: MemoryBackend,
    data: bytes = b"0123456789",
    *,
    tenant: TenantId = TENANT,
    filename: str = "notes.txt",
    purpose: str = "user_data",
    mime_type: str | None = "text/plain",
    expires_after: int | None = None,
    folder: str | None = None,
    tags: tuple[str, ...] = (),
    sha256: str | None = None,
) -> File:
    """Store a small file."""
    new = NewFile(filename, data, purpose, mime_type, expires_after, folder, tags, sha256)
    return ports.make(CreateFile)(tenant, new)


def announce(
    ports: MemoryBackend,
    size: int = 10,
    *,
    tenant: TenantId = TENANT,
    purpose: str = "user_data",
    expires_after: int | None = None,
    sha256: str | None = None,
    folder: str | None = None,
) -> UploadState:
    """Create an upload."""
    new = NewUpload("notes.txt", size, purpose, "text/plain", expires_after, sha256, folder)
    return ports.make(CreateUpload)(tenant, new)


def complete(
    ports: MemoryBackend,
    upload_id: str,
    *,
    tenant: TenantId = TENANT,
    part_ids: Sequence[str] = (),
    md5: str | None = None,
) -> UploadState:
    """Complete an upload."""
    return ports.make(CompleteUpload)(tenant, upload_id, part_ids=part_ids, md5=md5)


def receive(ports: MemoryBackend, file_id: FileId, *, tenant: TenantId = TENANT) -> Arrival:
    """Receive the bytes that S3 says have arrived."""
    return ports.make(ReceiveObject)(tenant, file_id)


def update(
    ports: MemoryBackend, file_id: str, changes: FileChanges, *, tenant: TenantId = TENANT
) -> File:
    """Change a file."""
    return ports.make(update_file)(tenant, file_id, changes)


def trash(ports: MemoryBackend, file_id: str, *, tenant: TenantId = TENANT) -> FileId:
    """Move a file to the trash."""
    return ports.make(trash_file)(tenant, file_id)


def trashed(ports: MemoryBackend, file: File, *, tenant: TenantId = TENANT) -> TrashedFile:
    """Move a file to the trash, and return it as it is there."""
    trash(ports, file.id, tenant=tenant)
    found = ports.trash.get(tenant, file.id)
    assert found is not None
    return found


def restore(ports: MemoryBackend, file_id: str, *, tenant: TenantId = TENANT) -> File:
    """Take a file out of the trash."""
    return ports.make(RestoreFile)(tenant, file_id)


def make_folder(
    ports: MemoryBackend, name: str, parent: str | None = None, *, tenant: TenantId = TENANT
) -> Folder:
    """Make a folder."""
    return ports.make(create_folder)(tenant, name, parent)


def change_folder(
    ports: MemoryBackend, folder_id: str, changes: FolderChanges, *, tenant: TenantId = TENANT
) -> Folder:
    """Change a folder."""
    return ports.make(update_folder)(tenant, folder_id, changes)


def clean(ports: MemoryBackend, keep_going: Callable[[], bool] = forever) -> None:
    """Run the cleanups that are on the queue now."""
    for tenant, cleanup in ports.queued_cleanups():
        ports.make(run_cleanup)(tenant, cleanup, keep_going=keep_going)


def delete(
    ports: MemoryBackend,
    folder_id: str,
    *,
    tenant: TenantId = TENANT,
    recursive: bool = True,
    keep_going: Callable[[], bool] = forever,
) -> bool:
    """Delete a folder."""
    return ports.make(DeleteFolder)(tenant, folder_id, recursive=recursive, keep_going=keep_going)


def restore_folder(
    ports: MemoryBackend,
    folder_id: FolderId,
    *,
    tenant: TenantId = TENANT,
    keep_going: Callable[[], bool] = forever,
) -> tuple[Folder, bool]:
    """Take a folder out of the trash."""
    return ports.make(RestoreFolder)(tenant, folder_id, keep_going=keep_going)


def sweep(ports: MemoryBackend) -> tuple[Counter[SweepResult], list[Swept]]:
    """Sweep everything that is due, and return how often what came about, and each of them."""
    reported: list[Swept] = []
    results = ports.make(Sweep)(keep_going=forever, report=reported.append)
    return results, reported
