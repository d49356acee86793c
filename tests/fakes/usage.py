"""The projects' counters and their register in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from larder.domain.quota import NOTHING, Usage
from larder.domain.uploads import UploadStatus
from larder.services.projects.ports import Count, Recount, UsageDay
from tests.fakes.store import UsageRow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from larder.domain.admin_log import LogEntry
    from larder.domain.ids import TenantId
    from larder.domain.projects import Project
    from larder.domain.quota import Amount
    from tests.fakes.store import InMemoryStore


class InMemoryUsage:
    """`UsageRecords` in memory."""

    def __init__(self, store: InMemoryStore) -> None:
        self._store = store

    def get(self, tenant: TenantId) -> Usage | None:
        row = self._store.usage.get(tenant)
        return None if row is None else row.usage

    def keep_day(self, tenant: TenantId, day: UsageDay) -> None:
        self._store.days[tenant, day.date] = day

    def days(self, tenant: TenantId, since: str) -> list[UsageDay]:
        kept = sorted(self._store.days.items())
        return [day for (owner, date), day in kept if owner == tenant and date >= since]

    def recount(self, tenant: TenantId) -> Count:
        used = reserved = NOTHING
        expiries = []
        with self._store.transaction():
            for (owner, _), row in self._store.files.items():
                if owner == tenant:
                    used += row.file.amount
                    expiries.append(row.file.expires_at)
            for (owner, _), trashed in self._store.trash.items():
                if owner == tenant:
                    used += trashed.file.amount
                    expiries.append(trashed.purge_at)
            for (owner, _), upload_row in self._store.uploads.items():
                if owner == tenant and upload_row.upload.status is UploadStatus.PENDING:
                    reserved += upload_row.upload.amount
                    expiries.append(upload_row.upload.closes_at)
        first = min((at for at in expiries if at is not None), default=None)
        return Count(used=used, reserved=reserved, first_expiry=first)

    def go_on_counting(
        self, tenant: TenantId, begun: Recount, *, keep_going: Callable[[], bool]
    ) -> Recount:
        with self._store.transaction():
            items = [
                *(
                    (file_id, row.file.amount, NOTHING)
                    for (owner, file_id), row in self._store.files.items()
                    if owner == tenant
                ),
                *(
                    (f"trash#{file_id}", trashed.file.amount, NOTHING)
                    for (owner, file_id), trashed in self._store.trash.items()
                    if owner == tenant
                ),
                *(
                    (upload_id, NOTHING, row.upload.amount)
                    for (owner, upload_id), row in self._store.uploads.items()
                    if owner == tenant and row.upload.status is UploadStatus.PENDING
                ),
            ]
        used, reserved, after = begun.counted.used, begun.counted.reserved, begun.after
        for key, taken, held in sorted(items, key=lambda item: item[0]):
            if after is not None and key > after:
                used, reserved, after = used + taken, reserved + held, key
                if not keep_going():
                    return Recount(begun.version, Count(used=used, reserved=reserved), after)
        return Recount(begun.version, Count(used=used, reserved=reserved), None)

    def keep_recount(self, tenant: TenantId, unfinished: Recount) -> None:
        self._store.usage[tenant].recount = unfinished

    def kept_recount(self, tenant: TenantId) -> Recount | None:
        return self._store.usage[tenant].recount

    def expired_files(
        self, tenant: TenantId, now: float, *, keep_going: Callable[[], bool]
    ) -> Amount:
        files = [row.file for (owner, _), row in self._store.files.items() if owner == tenant]
        gone = [file.amount for file in files if file.expired(now)]
        for (owner, _), trashed in self._store.trash.items():
            if owner == tenant and trashed.expired(now):
                gone.append(trashed.file.amount)
        return sum((amount for amount in gone if keep_going()), NOTHING)

    def set_counted(self, tenant: TenantId, version: int, counted: Count, at: int) -> bool:
        with self._store.transaction():
            row = self._store.usage.get(tenant)
            if row is None or row.usage.version != version:
                return False
            row.usage = replace(
                row.usage,
                left=row.usage.limit - counted.used - counted.reserved,
                reserved=counted.reserved,
                version=version + 1,
                recounted_at=at,
            )
            return True

    def schedule_audit(self, tenant: TenantId, at: int) -> None:
        self._store.usage[tenant].due_at = at
        self._store.usage[tenant].recount = None


class InMemoryProjects:
    """`ProjectRecords` in memory."""

    def __init__(self, store: InMemoryStore) -> None:
        self._store = store

    def create(
        self, project: Project, limit: Amount, audit_at: int, entry: LogEntry | None = None
    ) -> bool:
        with self._store.transaction():
            if project.name in self._store.projects:
                return False
            self._store.projects[project.name] = project
            self._store.usage[project.id] = UsageRow(
                Usage(limit=limit, left=limit, reserved=NOTHING, version=0), audit_at
            )
            self._store.log.add(entry)
            return True

    def list(self) -> Iterator[Project]:
        yield from (project for _, project in sorted(self._store.projects.items()))

    def set_limit(self, tenant: TenantId, limit: Amount, entry: LogEntry | None = None) -> None:
        with self._store.transaction():
            self._store.log.add(entry)
            row = self._store.usage[tenant]
            row.usage = replace(
                row.usage,
                limit=limit,
                left=row.usage.left + limit - row.usage.limit,
                version=row.usage.version + 1,
            )
