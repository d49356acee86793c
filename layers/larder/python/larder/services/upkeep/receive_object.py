"""Receive an object that S3 has stored: settle its file, and validate a batch file."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from larder.domain.errors import ConflictError, ProjectFullError
from larder.domain.files import File, FileStatus, Purpose
from larder.domain.ids import upload_of
from larder.domain.uploads import UploadStatus
from larder.services.files.ports import Settlement
from larder.services.files.validate import validate
from larder.services.uploads.complete_as_file import complete_as_file
from larder.services.uploads.end_overdue import end_overdue

if TYPE_CHECKING:
    from larder.domain.ids import FileId, TenantId
    from larder.domain.uploads import Upload
    from larder.services.clock import Clock
    from larder.services.files.ports import FileRecords
    from larder.services.object_store import ObjectStore
    from larder.services.uploads.ports import UploadRecords


MAX_DIGESTED_BYTES = 16 * 2**30
"""The largest file whose SHA-256 is computed: what the worker can read in one run."""


class Arrival(StrEnum):
    """What became of the bytes."""

    PROCESSED = "processed"
    REJECTED = "rejected"
    ALREADY_SETTLED = "already_settled"
    UNCLAIMED = "unclaimed"
    PROJECT_FULL = "project_full"


@dataclass(frozen=True, slots=True)
class ReceiveObject:
    """Settle the file of an object in S3, after completing its upload.

    Safe to repeat, in any order and concurrently: every change is conditional on the previous
    state. Bytes that no record claims are deleted if none can claim them later: the record
    precedes the bytes, and an ended upload never becomes a file.
    """

    files: FileRecords
    uploads: UploadRecords
    objects: ObjectStore
    clock: Clock

    def __call__(self, tenant: TenantId, file_id: FileId) -> Arrival:
        """Receive the file's bytes, and return what became of them."""
        file = self.files.get(tenant, file_id)
        if file is None:
            upload = self.uploads.get(tenant, upload_of(file_id))
            try:
                if upload is not None and not self._end(tenant, upload):
                    return Arrival.UNCLAIMED
            except ProjectFullError:
                # The upload stays pending: its client can make room and complete it.
                return Arrival.PROJECT_FULL
            file = self.files.get(tenant, file_id)
        if file is None:
            self._delete_unclaimed(tenant, file_id)
            return Arrival.UNCLAIMED
        if file.status is not FileStatus.UPLOADED or file.expired(self.clock()):
            return Arrival.ALREADY_SETTLED
        if file.purpose is Purpose.BATCH:
            settlement = self._validate(tenant, file)
        else:
            settlement = self._digest(tenant, file)
        if settlement is None or not self.files.settle(tenant, file, settlement):
            # It was deleted while it was read, or another delivery was faster.
            self._delete_unclaimed(tenant, file_id)
            return Arrival.ALREADY_SETTLED
        return Arrival.REJECTED if settlement.status is FileStatus.ERROR else Arrival.PROCESSED

    def _delete_unclaimed(self, tenant: TenantId, file_id: FileId) -> None:
        if not self.files.exists(tenant, file_id):
            self.objects.delete(tenant, file_id)

    def _end(self, tenant: TenantId, upload: Upload) -> bool:
        """End the upload if it is pending; False when bytes of the announced size are missing.

        Bytes of another size, which S3 refuses by the signed length, are deleted to make room for
        another try.
        """
        upload = end_overdue(
            tenant, upload, uploads=self.uploads, objects=self.objects, now=self.clock()
        )
        if upload.status is UploadStatus.PENDING:
            stat = self.objects.stat(tenant, upload.file_id)
            if stat is None:
                return False
            if stat.size != upload.bytes:
                self.objects.delete(tenant, upload.file_id)
                return False
            # Its name is taken, and it was to fail then: cancelled, it claims no bytes.
            with suppress(ConflictError):
                complete_as_file(
                    tenant, upload, upload.to_file(), uploads=self.uploads, now=self.clock()
                )
        return True

    def _digest(self, tenant: TenantId, file: File) -> Settlement | None:
        if file.sha256 is not None or file.bytes > MAX_DIGESTED_BYTES:
            # A file whose upload failed half-way has no bytes, and is enqueued when restored.
            if self.objects.stat(tenant, file.id) is None:
                return None
            return Settlement(FileStatus.PROCESSED, sha256=file.sha256)
        stream = self.objects.stream(tenant, file.id)
        if stream is None:
            return None
        digest = hashlib.sha256()
        with stream as blocks:
            for block in blocks:
                digest.update(block)
        return _broken_promise(file, digest.hexdigest()) or Settlement(
            FileStatus.PROCESSED, sha256=digest.hexdigest()
        )

    def _validate(self, tenant: TenantId, file: File) -> Settlement | None:
        stream = self.objects.stream(tenant, file.id)
        if stream is None:
            return None
        with stream as blocks:
            settlement = validate(tenant, file, blocks, objects=self.objects, clock=self.clock)
        return _broken_promise(file, settlement.sha256) or settlement


def _broken_promise(file: File, sha256: str | None) -> Settlement | None:
    """Return the settlement of bytes that differ from the announced digest; None if they match."""
    if file.promised_sha256 in {None, sha256}:
        return None
    return Settlement(
        FileStatus.ERROR,
        details=f"The SHA-256 of the bytes is {sha256}, but {file.promised_sha256} was announced.",
        sha256=sha256,
    )
