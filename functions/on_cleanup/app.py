"""SQS: empty a folder or the trash, which takes longer than one request."""

import json
from typing import Any

from aws_lambda_powertools.utilities.batch import EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from larder.adapters.sqs import parse_cleanup
from larder.runtime.composition import Composition
from larder.runtime.observability import logger
from larder.runtime.queue_records import QueueRecords
from larder.services.upkeep.cleanup import run_cleanup

SPARE_MS = 40_000
"""The time of 60 s that is not used: after 20 s, the rest waits behind other projects' cleanups."""

ports = Composition.from_environment()
finish = ports.make(run_cleanup)
processor = QueueRecords(EventType.SQS)


def clean(record: SQSRecord, lambda_context: LambdaContext) -> None:
    """Run the cleanup that the message asks for while there is time, and enqueue the rest."""
    started = ports.clock()
    message = json.loads(record.body)
    tenant, cleanup = parse_cleanup(message)
    finish(
        tenant,
        cleanup,
        keep_going=lambda: lambda_context.get_remaining_time_in_millis() > SPARE_MS,
    )
    logger.info(
        "cleaned",
        extra={
            "correlation_id": record.message_id,
            **message,
            "duration_ms": round((ports.clock() - started) * 1000),
        },
    )


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Process each message by itself: only those that fail are delivered again."""
    return process_partial_response(
        event=event, record_handler=clean, processor=processor, context=context
    )
