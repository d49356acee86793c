"""The Store table in memory: what its items are, and what a transaction is."""

from __future__ import annotations

import math
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from threading import RLock
from typing import TYPE_CHECKING

from larder.domain.errors import (
    ContentionError,
    NotFoundError,
    ProjectFullError,
    QuotaExceededError,
)
from larder.domain.files import DAY, VALIDATION_GRACE, FileStatus
from larder.domain.ids import parse_file_id
from larder.domain.quota import NOTHING
from larder.services.upkeep.ports import Removal
from tests.fakes.admin_log import InMemoryAdminLog

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from larder.domain.artifacts import Artifact, Bundle
    from larder.domain.files import File
    from larder.domain.folders import Folder
    from larder.domain.ids import BatchId, FileId, FolderId, TenantId, UploadId
    from larder.domain.projects import Project
    from larder.domain.quota import Amount, Usage
    from larder.domain.trash import TrashedFile, TrashedFolder
    from larder.domain.uploads import Upload
    from larder.services.projects.ports import Recount, UsageDay


def amount_of(files: Iterable[File]) -> Amount:
    """Return what the files take together."""
    return sum((file.amount for file in files), start=NOTHING)


@dataclass
class FileRow:
    """A file's item; `due_at` is when the sweeper has to look at it."""

    file: File
    due_at: int | None

    @classmethod
    def new(cls, file: File, now: int) -> FileRow:
        """Return the item of a file that from `now` on awaits its bytes or its validation."""
        if file.status is not FileStatus.UPLOADED:
            return cls(file, file.expires_at)
        due_at = now + VALIDATION_GRACE
        return cls(file, due_at if file.expires_at is None else min(due_at, file.expires_at))


@dataclass
class UploadRow:
    """An upload's item."""

    upload: Upload
    due_at: int | None
    ttl: int | None = None


@dataclass
class FolderRow:
    """A folder's item; it is due while its contents are being deleted."""

    folder: Folder
    due_at: int | None = None


@dataclass
class TrashedFolderRow:
    """The item of a folder in the trash."""

    trashed: TrashedFolder
    due_at: int | None


@dataclass
class UsageRow:
    """A project's counters, and when they are due for an audit."""

    usage: Usage
    due_at: int
    recount: Recount | None = None


@dataclass
class InMemoryStore:
    """The items by their keys, the ledger, and what the stream says was removed."""

    files: dict[tuple[TenantId, FileId], FileRow] = field(default_factory=dict)
    artifacts: dict[tuple[TenantId, FileId], Artifact | Bundle] = field(default_factory=dict)
    trash: dict[tuple[TenantId, FileId], TrashedFile] = field(default_factory=dict)
    folders: dict[tuple[TenantId, FolderId], FolderRow] = field(default_factory=dict)
    trashed_folders: dict[tuple[TenantId, FolderId], TrashedFolderRow] = field(default_factory=dict)
    tree_versions: dict[TenantId, int] = field(default_factory=dict)
    uploads: dict[tuple[TenantId, UploadId], UploadRow] = field(default_factory=dict)
    usage: dict[TenantId, UsageRow] = field(default_factory=dict)
    days: dict[tuple[TenantId, str], UsageDay] = field(default_factory=dict)
    names: dict[tuple[TenantId, FolderId | None, str], FileId] = field(default_factory=dict)
    ledger: set[FileId | UploadId] = field(default_factory=set)
    projects: dict[str, Project] = field(default_factory=dict)
    log: InMemoryAdminLog = field(default_factory=InMemoryAdminLog)
    announced: set[tuple[TenantId, FileId]] = field(default_factory=set)
    batches_due: dict[tuple[TenantId, BatchId], int] = field(default_factory=dict)
    removed: list[Removal] = field(default_factory=list)
    contended: bool = False
    full: set[TenantId] = field(default_factory=set)
    _lock: RLock = field(default_factory=RLock)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep other threads out while several items change.

        Raises:
            ContentionError: a test made the store `contended`.
        """
        with self._lock:
            if self.contended:
                raise ContentionError
            yield

    def listed_files(self, tenant: TenantId) -> list[File]:
        """Return the project's live files, without those of artifacts and bundles."""
        return [
            row.file
            for (owner, file_id), row in self.files.items()
            if owner == tenant and parse_file_id(file_id) is not None
        ]

    def check_room(self, tenant: TenantId, asked: Amount) -> None:
        """Refuse an amount that the project has no room for.

        Raises:
            QuotaExceededError: there is no room.
            ProjectFullError: the project has as many records as it can have.
            LookupError: the project has no counters.
        """
        if tenant not in self.usage:
            message = "the project has no counters"
            raise LookupError(message)
        usage = self.usage[tenant].usage
        if usage.left.files < asked.files or usage.left.bytes < asked.bytes:
            if usage.has_all_files(asked):
                raise ProjectFullError
            raise QuotaExceededError(usage, asked)
        self.check_growth(tenant)

    def check_growth(self, tenant: TenantId) -> None:
        """Refuse a longer record in a project that a test made `full`.

        Raises:
            ProjectFullError: it is.
        """
        if tenant in self.full:
            raise ProjectFullError

    def count(self, tenant: TenantId, *, left: Amount, reserved: Amount) -> None:
        """Add to what is left and to what is reserved."""
        row = self.usage[tenant]
        row.usage = replace(
            row.usage,
            left=row.usage.left + left,
            reserved=row.usage.reserved + reserved,
            version=row.usage.version + 1,
        )

    def left_out(self, tenant: TenantId, gone_at: float) -> bool:
        """Tell whether the counters were set since then, without what was gone by then."""
        recounted_at = self.usage[tenant].usage.recounted_at
        return recounted_at is not None and int(gone_at) <= recounted_at

    def remove(self, tenant: TenantId, file: File) -> None:
        """Have the stream say that a request removed the file's record."""
        self.removed.append(Removal(tenant, file, math.inf))

    def unchanged(self, tenant: TenantId, file: File) -> bool:
        """Tell whether the live file is as it was read."""
        row = self.files.get((tenant, file.id))
        return row is not None and (row.file.revision, row.file.status) == (
            file.revision,
            file.status,
        )

    def trash_file(self, tenant: TenantId, trashed: TrashedFile) -> None:
        """Move a live file to the trash."""
        del self.files[tenant, trashed.file.id]
        self.trash[tenant, trashed.file.id] = trashed
        self.remove(tenant, trashed.file)

    def is_open(self, tenant: TenantId, folder_id: FolderId) -> bool:
        """Tell whether something may be put into the folder."""
        row = self.folders.get((tenant, folder_id))
        return row is not None and not row.folder.deleting

    def check_open(self, tenant: TenantId, file: File) -> None:
        """Refuse a file whose folder nothing may be put into.

        Raises:
            NotFoundError: the folder is gone, or is being deleted.
        """
        if file.folder_id is not None and not self.is_open(tenant, file.folder_id):
            raise NotFoundError("Folder", file.folder_id, param="folder_id")

    def count_addition(self, tenant: TenantId, folder_id: FolderId | None) -> None:
        """Count that something is put into the folder, None for the root."""
        if folder_id is not None:
            row = self.folders[tenant, folder_id]
            row.folder = replace(row.folder, additions=row.folder.additions + 1)

    def put_folder(self, tenant: TenantId, folder: Folder) -> None:
        """Put a new folder."""
        self.folders[tenant, folder.id] = FolderRow(folder)

    def change_tree(self, tenant: TenantId) -> None:
        """Change the version of the project's tree."""
        self.tree_versions[tenant] = self.tree_versions.get(tenant, 0) + 1

    def holds(self, tenant: TenantId, trashed: TrashedFile) -> bool:
        """Tell whether the file is still in the trash as it was read."""
        held = self.trash.get((tenant, trashed.file.id))
        return held is not None and held.file.revision == trashed.file.revision

    def change_trashed_files(self, tenant: TenantId, root_id: FolderId, files: Amount) -> None:
        """Add to the files that a folder in the trash holds."""
        row = self.trashed_folders[tenant, root_id]
        row.trashed = replace(row.trashed, files=row.trashed.files + files)

    def collect_ttl(self, now: float) -> None:
        """Remove what is a day past its expiry, as DynamoDB does when it gets round to it."""
        with self._lock:
            for file_key, row in list(self.files.items()):
                expires_at = row.file.expires_at
                if expires_at is not None and expires_at + DAY <= now:
                    del self.files[file_key]
                    self.removed.append(Removal(file_key[0], row.file, expires_at + DAY))
            for file_key, trashed in list(self.trash.items()):
                if trashed.purge_at + DAY <= now:
                    del self.trash[file_key]
                    self.removed.append(Removal(file_key[0], trashed.file, trashed.purge_at + DAY))
            for folder_key, folder_row in list(self.trashed_folders.items()):
                trashed_folder = folder_row.trashed
                if trashed_folder.listed and trashed_folder.purge_at + DAY <= now:
                    del self.trashed_folders[folder_key]
            for upload_key, upload_row in list(self.uploads.items()):
                if upload_row.ttl is not None and upload_row.ttl <= now:
                    del self.uploads[upload_key]
                    self.removed.append(Removal(upload_key[0], upload_row.upload, upload_row.ttl))
