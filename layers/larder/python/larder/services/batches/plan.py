"""Begin a batch: look at its input, and cut it into chunks."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from larder.domain.batch_plan import plan_chunks
from larder.domain.batches import MAX_ERRORS, BatchError, BatchStatus
from larder.domain.files import FileStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from larder.domain.batches import Batch
    from larder.domain.ids import BatchId, TenantId
    from larder.services.batches.ports import BatchObjects, BatchRecords
    from larder.services.clock import Clock
    from larder.services.files.ports import FileRecords
    from larder.services.object_store import ObjectStore


class Next(StrEnum):
    """What the state machine does next."""

    WAIT = "wait"
    """The input is still being validated."""
    RUN = "run"
    FINISH = "finish"
    STOP = "stop"
    """The batch has ended."""


@dataclass(frozen=True, slots=True)
class PlanBatch:
    """Move a batch from `validating` to `in_progress`, or to `failed`."""

    batches: BatchRecords
    files: FileRecords
    objects: ObjectStore
    batch_objects: BatchObjects
    clock: Clock

    def __call__(self, tenant: TenantId, batch_id: BatchId) -> Next:
        """Return what comes next; asking again at any time is harmless."""
        batch = self.batches.get(tenant, batch_id)
        if batch is None or batch.status.terminal:
            return Next.STOP
        if batch.status is BatchStatus.IN_PROGRESS:
            return Next.RUN
        if batch.status is not BatchStatus.VALIDATING:
            return Next.FINISH
        now = self.clock()
        file = self.files.get(tenant, batch.input_file_id)
        if file is None or file.expired(now):
            return self._fail(
                tenant,
                batch,
                [
                    BatchError(
                        "input_file_unavailable",
                        f"The input file {batch.input_file_id} was deleted or has expired.",
                        "input_file_id",
                    )
                ],
            )
        if file.status is FileStatus.UPLOADED:
            if not batch.overdue(now):
                return Next.WAIT
            message = "The completion window closed before the input file was validated."
            return self._fail(tenant, batch, [BatchError("batch_expired", message)])
        report = self._report(tenant, batch)
        errors = _errors(batch, report)
        if errors:
            return self._fail(tenant, batch, errors)
        if not self.batch_objects.copy_input(tenant, file.id, batch.id):
            return self._fail(
                tenant, batch, [BatchError("input_file_unavailable", "The input has no bytes.")]
            )
        with self.batch_objects.open_input(tenant, batch.id) as blocks:
            plan = plan_chunks(blocks)
        self.batch_objects.put_plan(tenant, batch.id, plan)
        self.batches.begin(
            tenant, batch, total=plan.total, model=report.get("model"), at=int(self.clock())
        )
        # Whoever was first: another planner has made the same plan, and a cancel shows here.
        return self(tenant, batch_id)

    def _report(self, tenant: TenantId, batch: Batch) -> dict[str, Any]:
        found = self.objects.get_report(tenant, batch.input_file_id)
        return {} if found is None else json.loads(found)

    def _fail(self, tenant: TenantId, batch: Batch, errors: Sequence[BatchError]) -> Next:
        self.batches.fail(tenant, batch, errors[:MAX_ERRORS], at=int(self.clock()))
        return self(tenant, batch.id)


def _errors(batch: Batch, report: dict[str, Any]) -> list[BatchError]:
    """Return what keeps the input from being run, as its validation reported it."""
    if not report:
        message = "The input file has no validation report. Upload it again."
        return [BatchError("input_file_unavailable", message, "input_file_id")]
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
