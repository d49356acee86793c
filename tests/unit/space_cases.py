"""The Space's use cases with their ports filled in, as the functions call them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.services.files.create import NewFile, create_file
from larder.services.space.create_folder import create_folder
from larder.services.space.delete_folder import EmptyFolder, delete_folder
from larder.services.space.restore_file import restore_file
from larder.services.space.trash_file import trash_file
from larder.services.space.update_file import FileChanges, update_file
from larder.services.space.update_folder import FolderChanges, update_folder
from larder.services.upkeep.cleanup import RunCleanup
from tests.samples import TENANT

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder.domain.files import File
    from larder.domain.folders import Folder
    from larder.domain.ids import FileId, TenantId
    from larder.domain.trash import TrashedFile
    from larder.services.space.ports import CleanupQueue
    from tests.backends.memory import MemoryBackend


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
    folder: str | None = None,
    tags: tuple[str, ...] = (),
    mime_type: str | None = None,
    expires_after: int | None = None,
) -> File:
    """Store a small file in a folder."""
    return create_file(
        tenant,
        NewFile(filename, data, "user_data", mime_type, expires_after, folder, tags),
        files=ports.files,
        quota=ports.quota,
        objects=ports.objects,
        clock=ports.clock,
    )


def update(
    ports: MemoryBackend, file_id: str, changes: FileChanges, *, tenant: TenantId = TENANT
) -> File:
    """Change a file."""
    return update_file(tenant, file_id, changes, files=ports.files, clock=ports.clock)


def trash(ports: MemoryBackend, file_id: str, *, tenant: TenantId = TENANT) -> FileId:
    """Move a file to the trash."""
    return trash_file(tenant, file_id, files=ports.files, trash=ports.trash, clock=ports.clock)


def trashed(ports: MemoryBackend, file: File, *, tenant: TenantId = TENANT) -> TrashedFile:
    """Move a file to the trash, and return it as it is there."""
    trash(ports, file.id, tenant=tenant)
    found = ports.trash.get(tenant, file.id)
    assert found is not None
    return found


def restore(ports: MemoryBackend, file_id: str, *, tenant: TenantId = TENANT) -> File:
    """Take a file out of the trash."""
    return restore_file(
        tenant,
        file_id,
        trash=ports.trash,
        validation_queue=ports.validation_queue,
        clock=ports.clock,
    )


def make_folder(
    ports: MemoryBackend, name: str, parent: str | None = None, *, tenant: TenantId = TENANT
) -> Folder:
    """Make a folder."""
    return create_folder(tenant, name, parent, folders=ports.folders, clock=ports.clock)


def change_folder(
    ports: MemoryBackend, folder_id: str, changes: FolderChanges, *, tenant: TenantId = TENANT
) -> Folder:
    """Change a folder."""
    return update_folder(tenant, folder_id, changes, folders=ports.folders)


def empty_folder(ports: MemoryBackend) -> EmptyFolder:
    """Return what empties folders."""
    return EmptyFolder(ports.folders, ports.search, ports.trash, ports.clock)


def cleaning(
    ports: MemoryBackend,
    keep_going: Callable[[], bool] = forever,
    again: CleanupQueue | None = None,
) -> RunCleanup:
    """Return the worker of the queue of cleanups."""
    return RunCleanup(empty_folder(ports), again or ports.cleanups, keep_going)


def delete(
    ports: MemoryBackend,
    folder_id: str,
    *,
    tenant: TenantId = TENANT,
    recursive: bool = True,
    keep_going: Callable[[], bool] = forever,
) -> bool:
    """Delete a folder."""
    return delete_folder(
        tenant,
        folder_id,
        recursive=recursive,
        empty_folder=empty_folder(ports),
        cleanups=ports.cleanups,
        keep_going=keep_going,
    )
