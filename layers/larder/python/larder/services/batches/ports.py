"""What the use cases of batches need of records and of executions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from larder.domain.batches import Batch, BatchError, BatchLoad, BatchStatus, Progress
    from larder.domain.files import File
    from larder.domain.ids import BatchId, FileId, TenantId


@dataclass(frozen=True, slots=True)
class BatchPage:
    """Some batches, the newest first; `has_more` says exactly whether another one follows."""

    batches: tuple[Batch, ...]
    has_more: bool


@dataclass(frozen=True, slots=True)
class Ending:
    """How a batch ends: its status, exact figures, and the files that it leaves.

    `total` is 0 for a batch that never began.
    """

    status: BatchStatus
    total: int
    progress: Progress
    output: File | None
    error: File | None
    at: int
    unanswered_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Finalizing:
    """What is chosen when finalizing begins: the files' ids, and whether the window had closed."""

    output: FileId
    error: FileId
    cut_short: bool


class BatchRecords(Protocol):
    """The records of batches. A change of the status is conditional on the one that it leaves."""

    def create(
        self,
        tenant: TenantId,
        batch: Batch,
        *,
        check_at: int,
        request: str | None = None,
        retrying: Batch | None = None,
    ) -> BatchId:
        """Record a new batch, and have the sweeper look at it at `check_at`; return its id.

        `request` names the client's request: where it has made a batch within the last day,
        nothing is recorded, and that batch's id is returned. `retrying` is the batch that the new
        one retries: where it has been retried by another one than when it was read, nothing is
        recorded, and the other's id is returned.

        Raises:
            BatchLimitError: the project's batches or their requests are as many as it may have.
        """

    def get(self, tenant: TenantId, batch_id: BatchId) -> Batch | None:
        """Return the batch as of now (strongly consistent)."""

    def page(self, tenant: TenantId, *, limit: int, after: BatchId | None) -> BatchPage:
        """Return the batches created before `after`, at most `limit` (strongly consistent)."""

    def begin(
        self, tenant: TenantId, batch: Batch, *, total: int, model: str | None, at: int
    ) -> bool:
        """Move the batch from `validating` to `in_progress`; False when it was moved already.

        Raises:
            BatchLimitError: the requests that were not counted when the batch was created are more
                than the project may have in addition.
        """

    def fail(
        self, tenant: TenantId, batch: Batch, errors: Sequence[BatchError], *, at: int
    ) -> bool:
        """Move the batch from `validating` to `failed`; False when it was moved already.

        The input expires as after `end`.
        """

    def cancel(self, tenant: TenantId, batch: Batch, *, at: int) -> bool:
        """Move a batch that has not ended to `cancelling`; False when it has ended."""

    def stop(self, tenant: TenantId, batch: Batch, error: BatchError, *, at: int) -> bool:
        """Move the batch from `in_progress` to `finalizing` because of an error; it will fail.

        False when it was moved already.
        """

    def finalize(self, tenant: TenantId, batch: Batch, chosen: Finalizing, *, at: int) -> bool:
        """Choose once what the batch will leave, and announce the files.

        Moves `validating` and `in_progress` to `finalizing`; `cancelling` stays. False when it was
        chosen already, or the batch has changed.
        """

    def add_progress(self, tenant: TenantId, batch_id: BatchId, progress: Progress) -> None:
        """Add to the figures of a batch in progress; for show, until `end` sets exact ones."""

    def end(self, tenant: TenantId, batch: Batch, ending: Ending) -> bool:
        """Record the files, count them, and end the batch, in one transaction.

        The files are counted even above the quota: losing results is worse. The input expires a
        day from then at the latest, unless another batch runs on it. False when the batch has
        ended.
        """

    def reschedule(self, tenant: TenantId, batch: Batch, *, execution: int, check_at: int) -> bool:
        """Count an execution and move the sweeper's next look; False when the batch has changed."""


class BatchLimits(Protocol):
    """How many batches a project may run, and what it runs."""

    def get(self, tenant: TenantId) -> BatchLoad:
        """Return what the project runs, and may (strongly consistent)."""


class ExecutionNotStartedError(Exception):
    """An execution may not have been started; the cause says why."""


class Executions(Protocol):
    """The executions of the state machine that runs batches."""

    def start(self, tenant: TenantId, batch_id: BatchId, execution: int) -> None:
        """Start the batch's execution of that number; one that was started already is enough.

        Raises:
            ExecutionNotStartedError: Step Functions did not take it, or did not say so.
        """

    def running(self, batch_id: BatchId, execution: int) -> bool:
        """Tell whether that execution is running."""
