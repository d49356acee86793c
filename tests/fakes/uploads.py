"""Upload records in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from larder.domain.filenames import folded
from larder.domain.files import DAY
from larder.domain.parts import MAX_SMALL_PARTS
from larder.domain.quota import NOTHING
from larder.domain.same_names import MAX_REPLACED
from larder.domain.trash import TrashedFile
from larder.domain.uploads import UploadStatus
from larder.services.uploads.ports import ClaimOutdatedError, NameClaim, UploadPage
from tests.fakes.store import FileRow, UploadRow

if TYPE_CHECKING:
    from larder.domain.files import File
    from larder.domain.ids import FolderId, TenantId, UploadId
    from larder.domain.uploads import Completion, Upload
    from larder.services.clock import Clock
    from tests.fakes.store import InMemoryStore


class InMemoryUploads:
    """`UploadRecords` in memory."""

    def __init__(self, store: InMemoryStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def reserve(self, tenant: TenantId, upload: Upload) -> None:
        with self._store.transaction():
            self._store.check_room(tenant, upload.amount)
            self._store.count(tenant, left=NOTHING - upload.amount, reserved=upload.amount)
            self._store.uploads[tenant, upload.id] = UploadRow(upload, upload.closes_at)

    def get(self, tenant: TenantId, upload_id: UploadId) -> Upload | None:
        row = self._store.uploads.get((tenant, upload_id))
        return None if row is None else row.upload

    def page(
        self, tenant: TenantId, *, limit: int, after: UploadId | None, now: float
    ) -> UploadPage:
        rows = self._store.uploads.items()
        found = [
            row.upload
            for (owner, upload_id), row in sorted(rows, key=lambda each: each[0], reverse=True)
            if owner == tenant
            and (after is None or upload_id < after)
            and row.upload.status is UploadStatus.PENDING
            and not row.upload.overdue(now)
        ]
        return UploadPage(tuple(found[:limit]), has_more=len(found) > limit)

    def claim(
        self, tenant: TenantId, folder_id: FolderId | None, name: str, now: float
    ) -> NameClaim:
        with self._store.transaction():
            found = sorted(
                (
                    file
                    for file in self._store.listed_files(tenant)
                    if file.folder_id == folder_id
                    and folded(file.filename) == folded(name)
                    and not file.expired(now)
                ),
                key=lambda file: file.id,
                reverse=True,
            )
            token = self._store.names.get((tenant, folder_id, folded(name)))
            return NameClaim(folder_id, name, tuple(found[: MAX_REPLACED + 1]), token)

    def complete(
        self, tenant: TenantId, upload: Upload, file: File, claim: NameClaim | None = None
    ) -> bool:
        with self._store.transaction():
            row = self._pending(tenant, upload.id)
            if row is None:
                return False
            if claim is not None:
                self._check_claim(tenant, claim)
            self._store.check_open(tenant, file)
            self._store.check_growth(tenant)
            self._store.count_addition(tenant, file.folder_id)
            if claim is not None:
                self._store.names[tenant, claim.folder_id, folded(claim.name)] = file.id
                for replaced in claim.replaced:
                    gone = TrashedFile(replaced, deleted_at=int(self._clock()))
                    self._store.trash_file(tenant, gone)
            self._end(row, UploadStatus.COMPLETED)
            self._store.files[tenant, file.id] = FileRow.new(file, int(self._clock()))
            self._store.count(tenant, left=NOTHING, reserved=NOTHING - upload.amount)
            return True

    def close(self, tenant: TenantId, upload: Upload, status: UploadStatus) -> bool:
        with self._store.transaction():
            row = self._pending(tenant, upload.id)
            if row is None:
                return False
            same = row.upload.completion == upload.completion
            if status is UploadStatus.EXPIRED and not same:
                return False
            self._end(row, status)
            self._give_back(tenant, upload)
            return True

    def keep_completion(self, tenant: TenantId, upload: Upload, completion: Completion) -> bool:
        with self._store.transaction():
            row = self._pending(tenant, upload.id)
            if row is None:
                return False
            row.upload = replace(row.upload, completion=completion)
            return True

    def release_quota(self, tenant: TenantId, upload: Upload, gone_at: float) -> bool:
        with self._store.transaction():
            if upload.id in self._store.ledger or self._store.left_out(tenant, gone_at):
                return False
            self._give_back(tenant, upload)
            return True

    def take_part(self, tenant: TenantId, upload: Upload, size: int, limit: int) -> bool:
        with self._store.transaction():
            row = self._pending(tenant, upload.id)
            if row is None or row.upload.part_bytes + size > limit:
                return False
            if row.upload.part_count == MAX_SMALL_PARTS:
                return False
            row.upload = replace(
                row.upload,
                part_bytes=row.upload.part_bytes + size,
                part_count=row.upload.part_count + 1,
            )
            return True

    def cleared(self, tenant: TenantId, upload: Upload) -> None:
        with self._store.transaction():
            row = self._store.uploads.get((tenant, upload.id))
            if row is not None and row.upload.status is not UploadStatus.PENDING:
                row.due_at = None

    def _check_claim(self, tenant: TenantId, claim: NameClaim) -> None:
        if self._store.names.get((tenant, claim.folder_id, folded(claim.name))) != claim.token:
            raise ClaimOutdatedError
        if not all(self._store.unchanged(tenant, replaced) for replaced in claim.replaced):
            raise ClaimOutdatedError

    def _pending(self, tenant: TenantId, upload_id: UploadId) -> UploadRow | None:
        row = self._store.uploads.get((tenant, upload_id))
        return row if row is not None and row.upload.status is UploadStatus.PENDING else None

    def _end(self, row: UploadRow, status: UploadStatus) -> None:
        row.upload = replace(row.upload, status=status, completion=None)
        row.due_at = int(self._clock()) if row.upload.leaves_parts else None
        row.ttl = int(self._clock()) + DAY

    def _give_back(self, tenant: TenantId, upload: Upload) -> None:
        self._store.ledger.add(upload.id)
        self._store.count(tenant, left=upload.amount, reserved=NOTHING - upload.amount)
