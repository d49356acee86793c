"""SQS: a webhook has deliveries to make. Make those that are due."""

import json
from typing import Any

from aws_lambda_powertools.utilities.batch import EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from larder.adapters.sqs import parse_wake_up
from larder.domain.deliveries import Delivery
from larder.domain.errors import ConflictError, NotFoundError
from larder.domain.webhooks import Webhook
from larder.runtime.composition import Composition
from larder.runtime.observability import count, logger
from larder.runtime.queue_records import QueueRecords
from larder.services.webhooks.deliver import Deliver, Told
from larder.services.webhooks.manage import Redeliver

SPARE_MS = 40_000
"""The time of 60 s that is not used: after 20 s, the rest waits behind other webhooks."""

ports = Composition.from_environment()
take_turn, redeliver = ports.make(Deliver), ports.make(Redeliver)
processor = QueueRecords(EventType.SQS)


def log_told(told: Told, webhook: Webhook, delivery: Delivery) -> None:
    """Log and count how an attempt ended. The receiver's address is not logged."""
    count(f"Webhook{told.title().replace('_', '')}")
    logger.info(
        "delivery",
        extra={
            "correlation_id": delivery.id,
            "webhook": webhook.id,
            "event": delivery.event_type,
            "object_id": delivery.object_id,
            "outcome": told,
            "attempts": delivery.attempts,
            "status": delivery.last_status_code,
        },
    )


def deliver(record: SQSRecord, lambda_context: LambdaContext) -> None:
    """Take a turn with the webhook. A message that was a dead letter names a delivery, too."""
    tenant, webhook_id, delivery_id = parse_wake_up(json.loads(record.body))
    if delivery_id is not None:
        try:
            redeliver(tenant, webhook_id, delivery_id)
        except (NotFoundError, ConflictError):
            logger.info("not_redelivered", extra={"correlation_id": delivery_id})
            return
    take_turn(
        tenant,
        webhook_id,
        keep_going=lambda: lambda_context.get_remaining_time_in_millis() > SPARE_MS,
        report=log_told,
    )


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Process each message by itself: only those that fail are delivered again."""
    return process_partial_response(
        event=event, record_handler=deliver, processor=processor, context=context
    )
