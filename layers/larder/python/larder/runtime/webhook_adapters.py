"""The adapters behind the ports of events and webhooks."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from larder.runtime.aws_clients import AwsClients

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder.services.webhooks.ports import (
        DeliveryRecords,
        EventBus,
        Receivers,
        WakeUps,
        WebhookRecords,
        WebhookSecrets,
    )


@dataclass(frozen=True)
class WebhookAdapters(AwsClients):
    """The ports of events and webhooks on AWS."""

    @cached_property
    def event_bus(self) -> EventBus:
        """Where the deployment's owner finds events."""
        from larder.adapters.aws import events_client
        from larder.adapters.event_bridge import EventBridgeBus

        client = events_client(self._session)
        return EventBridgeBus(client, self.settings.event_bus, self.settings.deployment)

    @cached_property
    def webhooks(self) -> WebhookRecords:
        """The webhooks of projects."""
        from larder.adapters.dynamodb.webhooks import DynamoWebhooks

        return DynamoWebhooks(self._dynamodb, self.settings.store_table)

    @cached_property
    def deliveries(self) -> DeliveryRecords:
        """The deliveries of webhooks."""
        from larder.adapters.dynamodb.deliveries import DynamoDeliveries

        return DynamoDeliveries(self._dynamodb, self.settings.store_table)

    @cached_property
    def wake_ups(self) -> WakeUps:
        """The queue that has workers look at webhooks."""
        from larder.adapters.aws import sqs_client
        from larder.adapters.sqs import SqsWakeUps

        settings = self.settings
        return SqsWakeUps(
            sqs_client(self._session),
            settings.deliveries_queue_url,
            settings.deliveries_dead_letters_url,
        )

    @cached_property
    def receivers(self) -> Receivers:
        """The servers that webhooks lead to."""
        from larder.adapters.webhook_http import HttpReceivers

        return HttpReceivers(private=self.private_webhooks)

    @cached_property
    def webhook_secret(self) -> WebhookSecrets:
        """The secret that those of webhooks are derived from."""
        from larder.adapters.secrets import RotatingSecret

        return RotatingSecret(self._secrets, self.settings.webhook_secret_id, self.clock)

    @property
    def private_webhooks(self) -> bool:
        """Whether webhooks may lead to hosts that are not public, and without TLS."""
        return self.settings.private_webhooks

    @property
    def jitter(self) -> Callable[[], float]:
        """A random number from 0 to 1."""
        return random.random
