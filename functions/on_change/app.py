"""DynamoDB stream: a file or a batch has changed. announce what that means."""

from typing import Any

from aws_lambda_powertools.utilities.batch import EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.typing import LambdaContext

from larder.adapters.dynamodb.changes import events_of
from larder.runtime.composition import Composition
from larder.runtime.observability import count, logger
from larder.runtime.queue_records import QueueRecords
from larder.services.webhooks.announce import announce

ports = Composition.from_environment()
announce_events = ports.make(announce)
processor = QueueRecords(EventType.DynamoDBStreams)


def announce_change(record: Any) -> None:  # noqa: ANN401 - Powertools' record type converts every value
    """Put what the change made happen, if it did."""
    events = events_of(record.raw_event)
    if not events:
        return
    # A record is of one item, so its events are of one project.
    announce_events(events[0].tenant, events)
    count("EventsPut", len(events))
    for event in events:
        logger.info(
            "event",
            extra={
                "correlation_id": event.id,
                "tenant": event.tenant,
                "object_id": event.object_id,
                "event": event.type,
            },
        )


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Process each record by itself: the stream resumes at the first that fails."""
    return process_partial_response(
        event=event, record_handler=announce_change, processor=processor, context=context
    )
