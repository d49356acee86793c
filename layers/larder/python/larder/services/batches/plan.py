"""Begin a batch: look at its input, and cut it into chunks."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from larder.domain.batch_plan import lines_per_chunk, plan_chunks
from larder.domain.batches import BatchError, BatchStatus, errors_kept
from larder.domain.errors import BatchLimitError
from larder.domain.files import FileStatus
from larder.services.batches.pauses import pause
from larder.services.batches.prompts import find_referred, pinned_bytes
from larder.services.batches.retry_input import write_retry_input

if TYPE_CHECKING:
    from larder.domain.batch_plan import Plan
    from larder.domain.batches import Batch
    from larder.domain.files import File
    from larder.domain.ids import BatchId, TenantId
    from larder.services.artifacts.ports import ArtifactRecords
    from larder.services.batches.object_ports import BatchObjects
    from larder.services.batches.ports import BatchRecords
    from larder.services.clock import Clock
    from larder.services.files.ports import FileRecords
    from larder.services.object_store import ObjectStore


_LEAST_PAUSE = 2
"""Seconds between the first looks at an input that is still being validated."""


class Next(StrEnum):
    """What the state machine does next."""

    WAIT = "wait"
    """The input is still being validated, or the project has no room for its requests."""
    RUN = "run"
    FINISH = "finish"
    STOP = "stop"
    """The batch has ended."""


@dataclass(frozen=True, slots=True)
class Step:
    """What comes next, after `seconds` if that is to wait."""

    next: Next
    seconds: int = 0


@dataclass(frozen=True, slots=True)
class PlanBatch:
    """Move a batch from `validating` to `in_progress`, or to `failed`."""

    batches: BatchRecords
    files: FileRecords
    objects: ObjectStore
    artifacts: ArtifactRecords
    batch_objects: BatchObjects
    clock: Clock

    def __call__(self, tenant: TenantId, batch_id: BatchId) -> Step:
        """Return what comes next; asking again at any time is harmless."""
        batch = self.batches.get(tenant, batch_id)
        if batch is None or batch.status.terminal:
            return Step(Next.STOP)
        if batch.status is BatchStatus.IN_PROGRESS:
            return Step(Next.RUN)
        now = self.clock()
        if batch.status is not BatchStatus.VALIDATING or batch.overdue(now):
            return Step(Next.FINISH)
        age = now - batch.created_at
        wait = Step(Next.WAIT, pause(max(_LEAST_PAUSE, age / 10)))
        file = self.files.get(tenant, batch.input_file_id)
        if file is not None and file.status is FileStatus.UPLOADED and not file.expired(now):
            errors = self._write_input(tenant, batch, file)
            if not errors:
                return wait
        else:
            try:
                errors = self._begin(tenant, batch, file)
            except BatchLimitError as full:
                if full.fits:
                    return wait
                errors = [BatchError("request_limit_exceeded", full.message, "input_file_id")]
        if errors:
            self.batches.fail(tenant, batch, errors_kept(errors), at=int(now))
        # Another planner may have been first, or a cancel: what is recorded says what comes next.
        return self(tenant, batch_id)

    def _write_input(self, tenant: TenantId, batch: Batch, file: File) -> list[BatchError]:
        """Write the input of a retry, unless it is there; return what keeps it from that."""
        if batch.retry_of is None or self.objects.stat(tenant, file.id) is not None:
            return []
        try:
            write_retry_input(tenant, batch.retry_of, file, batch_objects=self.batch_objects)
        except LookupError:
            return _unavailable(f"What {batch.retry_of} kept of its requests is gone.")
        return []

    def _begin(self, tenant: TenantId, batch: Batch, file: File | None) -> list[BatchError]:
        """Plan the batch and begin it; return what keeps it from being run.

        Raises:
            BatchLimitError: the project has no room for its requests.
        """
        report = self._report(tenant, batch)
        plan = self.batch_objects.get_plan(tenant, batch.id)
        if plan is None:
            errors = self._errors(tenant, batch, file, report)
            errors = errors or self._pin(tenant, batch, report)
            if errors:
                return errors
            plan = self._plan(tenant, batch, report["request_count"])
        now, model = int(self.clock()), report.get("model")
        self.batches.begin(tenant, batch, total=plan.total, model=model, at=now)
        return []

    def _plan(self, tenant: TenantId, batch: Batch, requests: int) -> Plan:
        with self.batch_objects.open_input(tenant, batch.id) as blocks:
            plan = plan_chunks(blocks, lines_per_chunk(requests))
        return self.batch_objects.put_plan(tenant, batch.id, plan)

    def _errors(
        self, tenant: TenantId, batch: Batch, file: File | None, report: dict[str, Any]
    ) -> list[BatchError]:
        """Return what keeps the batch from being run; nothing once its input is copied."""
        if file is None or file.expired(self.clock()):
            return _unavailable(f"The input file {batch.input_file_id} was deleted or has expired.")
        errors = _errors_reported(batch, report)
        if errors or self.batch_objects.copy_input(tenant, file.id, batch.id):
            return errors
        return _unavailable(f"The bytes of the input file {batch.input_file_id} are gone.")

    def _pin(self, tenant: TenantId, batch: Batch, report: dict[str, Any]) -> list[BatchError]:
        """Keep what the requests refer to; return what keeps the batch from that."""
        if not report.get("references"):
            return []
        kept: bytes | BatchError = b""
        if batch.retry_of is not None:
            kept = self.batch_objects.get_pinned(tenant, batch.retry_of)
        if not kept:
            referred = find_referred(tenant, report, artifacts=self.artifacts, clock=self.clock)
            if referred.errors:
                return referred.errors
            kept = pinned_bytes(tenant, referred, objects=self.objects)
        if isinstance(kept, BatchError):
            return [kept]
        self.batch_objects.put_pinned(tenant, batch.id, kept)
        return []

    def _report(self, tenant: TenantId, batch: Batch) -> dict[str, Any]:
        found = self.objects.get_report(tenant, batch.input_file_id)
        return {} if found is None else json.loads(found)


def _unavailable(message: str) -> list[BatchError]:
    return [BatchError("input_file_unavailable", message, "input_file_id")]


def _errors_reported(batch: Batch, report: dict[str, Any]) -> list[BatchError]:
    """Return what keeps the input from being run, as its validation reported it."""
    if not report:
        return _unavailable("The input file has no validation report. Upload it again.")
    if not report["valid"]:
        return [
            BatchError(each["code"], each["message"], each["param"], each["line"])
            for each in report["errors"]
        ]
    if report["endpoint"] != batch.endpoint:
        message = (
            f"The batch's endpoint is {batch.endpoint}, but the lines of its file have the url "
            f"{report['endpoint']}."
        )
        return [BatchError("url_mismatch", message, "endpoint")]
    return []
