"""Receive bytes that S3 has stored: claim them for their record, and validate batch files."""

from __future__ import annotations

import hashlib
import json
from enum import StrEnum
from typing import TYPE_CHECKING

from larder.domain.batch_input.validator import BatchValidator
from larder.domain.files import File, FileStatus, Purpose
from larder.domain.ids import upload_of
from larder.domain.uploads import UploadStatus
from larder.services.files.ports import Settlement
from larder.services.uploads.complete import complete_as_file

if TYPE_CHECKING:
    from larder.domain.batch_input.report import ValidationReport
    from larder.domain.ids import FileId, TenantId
    from larder.domain.uploads import Upload
    from larder.services.clock import Clock
    from larder.services.files.ports import FileRecords
    from larder.services.object_store import ObjectStore
    from larder.services.uploads.ports import UploadRecords


MAX_DIGESTED_BYTES = 16 * 2**30
"""The largest file whose SHA-256 is computed: as much as one run of the worker can read."""


class Arrival(StrEnum):
    """What became of the bytes."""

    PROCESSED = "processed"
    REJECTED = "rejected"
    ALREADY_SETTLED = "already_settled"
    UNCLAIMED = "unclaimed"


def receive_object(
    tenant: TenantId,
    file_id: FileId,
    *,
    files: FileRecords,
    uploads: UploadRecords,
    objects: ObjectStore,
    clock: Clock,
) -> Arrival:
    """Move the file whose bytes are in S3 on from `uploaded`, completing its upload first.

    Safe to repeat, in any order and at the same time: every change is conditional on the state
    that it leaves. Bytes that no record claims are deleted, once nothing can claim them later:
    the record precedes the bytes, and an upload that has ended becomes no file.
    """
    file = files.get(tenant, file_id)
    if file is None:
        upload = uploads.get(tenant, upload_of(file_id))
        if upload is not None and not _ended(
            tenant, upload, uploads=uploads, objects=objects, clock=clock
        ):
            return Arrival.UNCLAIMED
        file = files.get(tenant, file_id)
    if file is None:
        if not files.exists(tenant, file_id):
            objects.delete(tenant, file_id)
        return Arrival.UNCLAIMED
    if file.status is not FileStatus.UPLOADED or file.expired(clock()):
        return Arrival.ALREADY_SETTLED
    if file.purpose is Purpose.BATCH:
        settlement = _validate(tenant, file, objects=objects, clock=clock)
    else:
        settlement = _digest(tenant, file, objects=objects)
    if settlement is None or not files.settle(tenant, file, settlement):
        # Deleted while it was being read, or another delivery was faster.
        if not files.exists(tenant, file_id):
            objects.delete(tenant, file_id)
        return Arrival.ALREADY_SETTLED
    return Arrival.REJECTED if settlement.status is FileStatus.ERROR else Arrival.PROCESSED


def _ended(
    tenant: TenantId,
    upload: Upload,
    *,
    uploads: UploadRecords,
    objects: ObjectStore,
    clock: Clock,
) -> bool:
    """End the upload if it is pending; False when it stays so, for bytes of the announced size.

    Others, which S3 refuses by the signed length, are deleted to make room for another try.
    """
    if upload.status_at(clock()) is UploadStatus.EXPIRED:
        # Closed here, if nobody has: somebody else may be completing it at this very moment, and
        # it is the record that decides who was first.
        uploads.close(tenant, upload, UploadStatus.EXPIRED)
    elif upload.status is UploadStatus.PENDING:
        stat = objects.stat(tenant, upload.file_id)
        if stat is None:
            return False
        if stat.size != upload.bytes:
            objects.delete(tenant, upload.file_id)
            return False
        complete_as_file(tenant, upload, upload.to_file(), uploads=uploads)
    return True


def _digest(tenant: TenantId, file: File, *, objects: ObjectStore) -> Settlement | None:
    if file.sha256 is not None or file.bytes > MAX_DIGESTED_BYTES:
        # There may be none: a file whose upload failed half-way is announced when it is restored.
        if objects.stat(tenant, file.id) is None:
            return None
        return Settlement(FileStatus.PROCESSED, sha256=file.sha256)
    stream = objects.stream(tenant, file.id)
    if stream is None:
        return None
    digest = hashlib.sha256()
    with stream as blocks:
        for block in blocks:
            digest.update(block)
    return _kept_promise(file, digest.hexdigest()) or Settlement(
        FileStatus.PROCESSED, sha256=digest.hexdigest()
    )


def _kept_promise(file: File, sha256: str) -> Settlement | None:
    if file.promised_sha256 in {None, sha256}:
        return None
    return Settlement(
        FileStatus.ERROR,
        details=f"The SHA-256 of the bytes is {sha256}, but {file.promised_sha256} was announced.",
        sha256=sha256,
    )


def _validate(
    tenant: TenantId, file: File, *, objects: ObjectStore, clock: Clock
) -> Settlement | None:
    started = clock()
    stream = objects.stream(tenant, file.id)
    if stream is None:
        return None
    validator = BatchValidator()
    with stream as blocks:
        for block in blocks:
            validator.feed(block)
    report = validator.finish()
    now = clock()
    objects.put_report(
        tenant,
        file.id,
        report_json(file, report, validated_at=int(now), duration_ms=round((now - started) * 1000)),
    )
    return _kept_promise(file, report.sha256) or Settlement(
        FileStatus.PROCESSED if report.valid else FileStatus.ERROR,
        details=None if report.valid else report.summary,
        sha256=report.sha256,
    )


def report_json(
    file: File, report: ValidationReport, *, validated_at: int, duration_ms: int
) -> bytes:
    """Return the report as the JSON that `GET /v1/files/{id}/validation` answers."""
    return json.dumps(
        {
            "object": "file.validation",
            "file_id": file.id,
            "valid": report.valid,
            "total_lines": report.total_lines,
            "request_count": report.request_count,
            "error_count": report.error_count,
            "errors": [
                {
                    "code": problem.code,
                    "line": problem.line,
                    "message": problem.message,
                    "param": problem.param,
                }
                for problem in report.errors
            ],
            "endpoint": report.endpoint,
            "model": report.model,
            "sha256": report.sha256,
            "validated_at": validated_at,
            "duration_ms": duration_ms,
        }
    ).encode()
