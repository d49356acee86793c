"""File records in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from larder.domain.files import FileStatus
from larder.domain.ids import parse_artifact_id
from larder.domain.quota import NOTHING
from larder.services.files.ports import FilePage
from tests.fakes.store import FileRow

if TYPE_CHECKING:
    from larder.domain.files import File
    from larder.domain.ids import FileId, TenantId
    from larder.services.files.ports import PageQuery, Settlement
    from tests.fakes.store import InMemoryStore


class InMemoryFiles:
    """`FileRecords` in memory."""

    def __init__(self, store: InMemoryStore) -> None:
        self._store = store

    def admit(self, tenant: TenantId, file: File) -> None:
        with self._store.transaction():
            self._store.check_room(tenant, file.amount)
            self._store.check_open(tenant, file)
            self._store.count_addition(tenant, file.folder_id)
            self._store.count(tenant, left=NOTHING - file.amount, reserved=NOTHING)
            self._store.files[tenant, file.id] = FileRow.new(file, file.created_at)

    def get(self, tenant: TenantId, file_id: FileId) -> File | None:
        row = self._store.files.get((tenant, file_id))
        return None if row is None else row.file

    def exists(self, tenant: TenantId, file_id: FileId) -> bool:
        key = (tenant, file_id)
        return any(
            key in kept for kept in (self._store.files, self._store.trash, self._store.announced)
        )

    def count_artifacts(self, tenant: TenantId, most: int) -> int:
        found = (
            file_id
            for owner, file_id in self._store.files
            if owner == tenant and parse_artifact_id(file_id) is not None
        )
        return min(most, sum(1 for _ in found))

    def page(self, tenant: TenantId, query: PageQuery, now: float) -> FilePage:
        found = sorted(
            (
                file
                for file in self._store.listed_files(tenant)
                if not file.expired(now)
                and query.purpose in {None, file.purpose}
                and (
                    query.after is None
                    or (file.id < query.after if query.newest_first else file.id > query.after)
                )
            ),
            key=lambda file: file.id,
            reverse=query.newest_first,
        )
        return FilePage(files=tuple(found[: query.limit]), has_more=len(found) > query.limit)

    def revise(self, tenant: TenantId, before: File, after: File) -> bool:
        with self._store.transaction():
            row = self._store.files.get((tenant, after.id))
            if row is None or row.file.revision != before.revision:
                return False
            self._store.check_growth(tenant)
            if after.folder_id != before.folder_id:
                self._store.check_open(tenant, after)
                self._store.count_addition(tenant, after.folder_id)
            row.file = replace(
                row.file,
                filename=after.filename,
                folder_id=after.folder_id,
                tags=after.tags,
                favorite=after.favorite,
                revised_at=after.revised_at,
                revision=after.revision,
            )
            return True

    def settle(self, tenant: TenantId, file: File, settlement: Settlement) -> bool:
        with self._store.transaction():
            row = self._uploaded(tenant, file.id)
            if row is None:
                return False
            if tenant in self._store.full:
                row.file = replace(row.file, status=settlement.status)
                row.due_at = None
                return True
            row.file = replace(
                row.file,
                status=settlement.status,
                status_details=settlement.details or row.file.status_details,
                sha256=settlement.sha256 or row.file.sha256,
            )
            row.due_at = file.expires_at
            return True

    def release(self, tenant: TenantId, file: File) -> bool:
        with self._store.transaction():
            if (tenant, file.id) not in self._store.files or file.id in self._store.ledger:
                return False
            row = self._store.files.pop((tenant, file.id))
            self._store.remove(tenant, row.file)
            self._give_back(tenant, file)
            return True

    def release_quota(self, tenant: TenantId, file: File, gone_at: float) -> bool:
        with self._store.transaction():
            if file.id in self._store.ledger or self._store.left_out(tenant, gone_at):
                return False
            self._give_back(tenant, file)
            return True

    def reschedule_check(self, tenant: TenantId, file_id: FileId, at: int) -> None:
        with self._store.transaction():
            row = self._uploaded(tenant, file_id)
            if row is not None:
                row.due_at = at

    def _uploaded(self, tenant: TenantId, file_id: FileId) -> FileRow | None:
        row = self._store.files.get((tenant, file_id))
        return row if row is not None and row.file.status is FileStatus.UPLOADED else None

    def _give_back(self, tenant: TenantId, file: File) -> None:
        self._store.ledger.add(file.id)
        self._store.count(tenant, left=file.amount, reserved=NOTHING)
