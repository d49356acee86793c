"""SQS: go on with emptying a folder or the trash, which was too much for one request."""

from typing import Any

from aws_lambda_powertools.utilities.batch import EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from larder.adapters.sqs import dispatch
from larder.runtime.composition import Composition
from larder.runtime.observability import logger
from larder.runtime.queue_records import QueueRecords
from larder.services.upkeep.cleanup import RunCleanup

SPARE_MS = 10_000
"""Time left, when the function stops, to ask for the rest."""

ports = Composition.from_environment()
empty_folder, cleanups = ports.empty_folder, ports.cleanups
processor = QueueRecords(EventType.SQS)


def clean(record: SQSRecord, lambda_context: LambdaContext) -> None:
    """Do what the message asks for, as far as the time goes."""
    started = ports.clock()
    cleaning = RunCleanup(
        empty_folder=empty_folder,
        again=cleanups,
        keep_going=lambda: lambda_context.get_remaining_time_in_millis() > SPARE_MS,
    )
    what = dispatch(record.body, cleaning)
    logger.info(
        "cleaned",
        extra={
            "correlation_id": record.message_id,
            **what,
            "duration_ms": round((ports.clock() - started) * 1000),
        },
    )


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Do what each message asks for by itself: one that fails comes back without the others."""
    return process_partial_response(
        event=event, record_handler=clean, processor=processor, context=context
    )
