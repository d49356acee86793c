"""Process batches of records from a queue or a stream, each record by itself."""

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
    """Powertools' BatchProcessor, with a log line and a `RecordFailed` metric per failed record.

    Powertools logs nothing when part of a batch fails, and raises with every error's message when
    all of it does.
    """

    def __init__(self, event_type: EventType) -> None:
        super().__init__(event_type=event_type, raise_on_entire_batch_failure=False)

    def failure_handler(self, record: Any, exception: ExceptionInfo) -> FailureResponse:  # noqa: ANN401 - Powertools' signature
        """Log and count the failure. The record is delivered again."""
        if exception[1] is not None:
            log_failure("record_failed", exception[1])
        count("RecordFailed")
        return super().failure_handler(record, exception)
