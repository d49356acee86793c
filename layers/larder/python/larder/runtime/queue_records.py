"""Batches of records from a queue or a stream, each handled by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.batch import BatchProcessor

from larder.runtime.observability import count, log_failure

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.batch import (
        EventType,
        ExceptionInfo,
        FailureResponse,
    )


class QueueRecords(BatchProcessor):
    """Powertools' processor, whose failures are told: it says nothing of some, too much of all.

    A batch that fails as a whole would raise, with the words of every error, where one that fails
    in part passes in silence. Here either logs each failure and counts it as `RecordFailed`.
    """

    def __init__(self, event_type: EventType) -> None:
        super().__init__(event_type=event_type, raise_on_entire_batch_failure=False)

    def failure_handler(self, record: Any, exception: ExceptionInfo) -> FailureResponse:  # noqa: ANN401 - Powertools' signature
        """Tell of the failure; the record comes back."""
        if exception[1] is not None:
            log_failure("record_failed", exception[1])
        count("RecordFailed")
        return super().failure_handler(record, exception)
