"""S3 → SQS: an object was stored. Settle its file, and validate a batch file."""

import json
from typing import Any

from aws_lambda_powertools.utilities.batch import EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from larder.adapters.s3 import parse_event_key
from larder.runtime.composition import Composition
from larder.runtime.observability import count, logger, peak_memory_mib
from larder.runtime.queue_records import QueueRecords
from larder.services.upkeep.receive_object import ReceiveObject

ports = Composition.from_environment()
receive_object = ports.make(ReceiveObject)
processor = QueueRecords(EventType.SQS)


def receive(record: SQSRecord) -> None:
    """Receive every object in one message. An `s3:TestEvent` has none."""
    for event in json.loads(record.body).get("Records", []):
        owner = parse_event_key(event["s3"]["object"]["key"])
        if owner is None:
            logger.warning("foreign_object", extra={"correlation_id": record.message_id})
            continue
        tenant, file_id = owner
        started = ports.clock()
        outcome = receive_object(tenant, file_id)
        duration_ms = round((ports.clock() - started) * 1000)
        count(f"Arrival{outcome.title().replace('_', '')}")
        count("ArrivalDuration", duration_ms, "Milliseconds")
        logger.info(
            "object_received",
            extra={
                "correlation_id": record.message_id,
                "tenant": tenant,
                "file_id": file_id,
                "outcome": outcome,
                "duration_ms": duration_ms,
                "peak_memory_mib": peak_memory_mib(),
            },
        )


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Process each message by itself: only those that fail are delivered again."""
    return process_partial_response(
        event=event, record_handler=receive, processor=processor, context=context
    )
