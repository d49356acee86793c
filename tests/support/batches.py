"""Batches in every phase of their life, on any backend."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from larder.domain.batches import Batch, BatchError, BatchStatus, Progress, TokenUsage
from larder.domain.files import DAY, FileStatus, Purpose
from larder.services.batches.ports import Ending, Finalizing
from tests.fakes.clock import START
from tests.samples import a_file, a_file_id

if TYPE_CHECKING:
    from larder.domain.files import File
    from larder.domain.ids import BatchId, FileId, TenantId
    from tests.backends.backend import Backend

NOW = int(START)
LATER = NOW + 60
PROGRESS = Progress(7, 3, TokenUsage(70, 10, 30, 5))
ERROR = BatchError("upstream_refused", "The key is wrong.", None, None)
CHOSEN = Finalizing(a_file_id(number=1), a_file_id(number=2), cut_short=False)
RUNNING = [
    BatchStatus.VALIDATING,
    BatchStatus.IN_PROGRESS,
    BatchStatus.FINALIZING,
    BatchStatus.CANCELLING,
]
ENDED = [
    BatchStatus.FAILED,
    BatchStatus.COMPLETED,
    BatchStatus.EXPIRED,
    BatchStatus.CANCELLED,
]


def read(backend: Backend, tenant: TenantId, batch_id: BatchId) -> Batch:
    batch = backend.batches.get(tenant, batch_id)
    assert batch is not None
    return batch


def begin(backend: Backend, tenant: TenantId, batch: Batch, total: int = 10) -> Batch:
    assert backend.batches.begin(tenant, batch, total=total, model="m", at=NOW)
    return read(backend, tenant, batch.id)


def finalize(backend: Backend, tenant: TenantId, batch: Batch) -> Batch:
    assert backend.batches.finalize(tenant, batch, CHOSEN, at=LATER)
    return read(backend, tenant, batch.id)


def output(file_id: FileId, size: int = 100) -> File:
    return replace(
        a_file(size, id=file_id, purpose=Purpose.BATCH_OUTPUT, filename="q_output.jsonl"),
        status=FileStatus.PROCESSED,
        mime_type="application/jsonl",
        expires_at=LATER + DAY,
    )


def ending(
    status: BatchStatus = BatchStatus.COMPLETED,
    *,
    output_file: File | None = None,
    error_file: File | None = None,
) -> Ending:
    return Ending(status, 10, PROGRESS, output_file, error_file, LATER)


def bring_to(backend: Backend, tenant: TenantId, batch: Batch, status: BatchStatus) -> Batch:
    """Bring a new batch to that status, and return it as it is then."""
    batches = backend.batches
    match status:
        case BatchStatus.VALIDATING:
            pass
        case BatchStatus.IN_PROGRESS:
            begin(backend, tenant, batch)
        case BatchStatus.FINALIZING:
            finalize(backend, tenant, begin(backend, tenant, batch))
        case BatchStatus.CANCELLING:
            assert batches.cancel(tenant, begin(backend, tenant, batch), at=LATER)
        case BatchStatus.FAILED:
            assert batches.fail(tenant, batch, [ERROR], at=LATER)
        case BatchStatus.CANCELLED:
            assert batches.cancel(tenant, begin(backend, tenant, batch), at=LATER)
            chosen = finalize(backend, tenant, read(backend, tenant, batch.id))
            assert batches.end(tenant, chosen, ending(status))
        case BatchStatus.COMPLETED | BatchStatus.EXPIRED:
            chosen = finalize(backend, tenant, begin(backend, tenant, batch))
            assert batches.end(tenant, chosen, ending(status))
    found = read(backend, tenant, batch.id)
    assert found.status is status
    return found
