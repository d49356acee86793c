"""Announce what has happened: on the event bus, and to the project's webhooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.domain.webhooks import delivery_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from larder.domain.deliveries import Delivery
    from larder.domain.events import Event
    from larder.domain.ids import TenantId, WebhookId
    from larder.services.clock import Clock
    from larder.services.webhooks.ports import (
        DeliveryRecords,
        EventBus,
        QueueDeliveries,
        WakeUps,
        WebhookRecords,
    )

WAKE_GRACE_SECONDS = 300
"""Seconds after which the sweeper wakes a webhook whose message was lost."""


def announce(
    tenant: TenantId,
    events: Sequence[Event],
    *,
    event_bus: EventBus,
    webhooks: WebhookRecords,
    queue_deliveries: QueueDeliveries,
) -> None:
    """Put the events of one project on the bus, and queue them for its webhooks.

    Whatever dies in between, doing all of it again leads to the same: an event keeps its id, and a
    delivery is recorded once.

    Raises:
        ThrottledError: AWS refuses the rate. Announce them again.
    """
    event_bus.put(events)
    for webhook in webhooks.list(tenant):
        if wanted := [delivery_of(event, webhook) for event in events if webhook.wants(event)]:
            queue_deliveries(tenant, webhook.id, wanted)


def queue_deliveries(
    tenant: TenantId,
    webhook_id: WebhookId,
    queued: Sequence[Delivery],
    *,
    deliveries: DeliveryRecords,
    wake_ups: WakeUps,
    clock: Clock,
) -> None:
    """Queue deliveries for a webhook, and have a worker look at it.

    In this order: a worker that is at it looks for what was announced when it stops, and otherwise
    one comes by the message, or by the sweeper.
    """
    due_at = int(clock()) + WAKE_GRACE_SECONDS
    deliveries.announce(tenant, webhook_id, queued, due_at)
    wake_ups.wake(tenant, webhook_id)
