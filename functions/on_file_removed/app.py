"""DynamoDB stream: a record was removed. Free its quota, once, and delete its bytes."""

from typing import Any

from aws_lambda_powertools.utilities.batch import EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.typing import LambdaContext

from larder.adapters.dynamodb.items import removed_object
from larder.domain.files import File
from larder.runtime.composition import Composition
from larder.runtime.observability import count, logger
from larder.runtime.queue_records import QueueRecords
from larder.services.upkeep.clear_removed import clear_file, clear_upload

ports = Composition.from_environment()
files, uploads, objects = ports.files, ports.uploads, ports.objects
processor = QueueRecords(EventType.DynamoDBStreams)


def clear(record: Any) -> None:  # noqa: ANN401 - Powertools' record type converts every value
    """Clean up after a removed file or upload. Other items need nothing."""
    removed = removed_object(record.raw_event["dynamodb"])
    if removed is None:
        return
    tenant, item, gone_at = removed
    if isinstance(item, File):
        cleared = clear_file(tenant, item, gone_at, files=files, objects=objects)
    else:
        cleared = clear_upload(tenant, item, gone_at, files=files, uploads=uploads, objects=objects)
    count("Cleared" if cleared else "ClearedBefore")
    logger.info(
        "record_removed",
        extra={
            "correlation_id": record.raw_event["eventID"],
            "tenant": tenant,
            "object_id": item.id,
            "cleared": cleared,
        },
    )


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Process each record by itself: the stream resumes at the first that fails."""
    return process_partial_response(
        event=event, record_handler=clear, processor=processor, context=context
    )
