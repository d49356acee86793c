"""Manage the webhooks of a project, for operators."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from larder.domain.deliveries import DELIVERY_PREFIX, GIVE_UP_SECONDS, Delivery, DeliveryStatus
from larder.domain.errors import ConflictError, NotFoundError
from larder.domain.events import EVENT_PREFIX, dated_digits
from larder.domain.ids import new_webhook_id
from larder.domain.webhook_secrets import GRACE_SECONDS, SecretVersion, derive_secret
from larder.domain.webhook_urls import checked_url
from larder.domain.webhooks import MAX_WEBHOOKS, TEST_EVENT, Webhook, checked_events
from larder.services.webhooks.list import get_webhook

if TYPE_CHECKING:
    from collections.abc import Iterable

    from larder.domain.ids import TenantId, WebhookId
    from larder.services.clock import Clock
    from larder.services.webhooks.ports import (
        DeliveryRecords,
        QueueDeliveries,
        WebhookRecords,
        WebhookSecrets,
    )


@dataclass(frozen=True, slots=True)
class AddWebhook:
    """Add webhooks to projects."""

    webhooks: WebhookRecords
    webhook_secret: WebhookSecrets
    private_webhooks: bool
    clock: Clock

    def __call__(self, tenant: TenantId, url: str, events: Iterable[str]) -> tuple[str, Webhook]:
        """Add a webhook. Return its secret, which is stored nowhere, and its record.

        Raises:
            InvalidParameterError: the URL or an event is not acceptable.
            ConflictError: the project has as many webhooks as it can have.
        """
        now = self.clock()
        webhook = Webhook(
            id=new_webhook_id(now),
            url=checked_url(url, private=self.private_webhooks),
            events=checked_events(events),
            created_at=int(now),
            secrets=(_new_version(),),
        )
        if len(self.webhooks.list(tenant)) >= MAX_WEBHOOKS:
            raise ConflictError(
                f"A project can have {MAX_WEBHOOKS} webhooks. Remove one first.",
                code="too_many_webhooks",
                permanent=True,
            )
        self.webhooks.add(tenant, webhook)
        return derive_secret(self.webhook_secret(), webhook.id, webhook.secrets[-1]), webhook


def remove_webhook(tenant: TenantId, webhook_id: str, *, webhooks: WebhookRecords) -> WebhookId:
    """Remove the webhook. An attempt in progress ends; what is queued is not sent.

    Raises:
        NotFoundError: the project has no such webhook.
    """
    webhook = get_webhook(tenant, webhook_id, webhooks=webhooks)
    if not webhooks.remove(tenant, webhook.id):
        raise NotFoundError("Webhook", webhook_id)
    return webhook.id


def rotate_webhook(
    tenant: TenantId,
    webhook_id: str,
    *,
    webhooks: WebhookRecords,
    webhook_secret: WebhookSecrets,
    clock: Clock,
    grace: int = GRACE_SECONDS,
) -> tuple[str, Webhook]:
    """Give the webhook a new secret and return it. For `grace` seconds both secrets sign.

    Raises:
        NotFoundError: the project has no such webhook.
    """
    webhook = get_webhook(tenant, webhook_id, webhooks=webhooks)
    versions = webhook.rotated(_new_version().salt, int(clock()) + grace)
    if not webhooks.rotate(tenant, webhook.id, versions):
        raise NotFoundError("Webhook", webhook_id)
    secret = derive_secret(webhook_secret(), webhook.id, versions[-1])
    return secret, replace(webhook, secrets=versions)


def enable_webhook(tenant: TenantId, webhook_id: str, *, webhooks: WebhookRecords) -> Webhook:
    """Enable a webhook that was disabled. What was given up meanwhile is not sent by itself.

    Raises:
        NotFoundError: the project has no such webhook.
    """
    webhook = get_webhook(tenant, webhook_id, webhooks=webhooks)
    if not webhooks.enable(tenant, webhook.id):
        raise NotFoundError("Webhook", webhook_id)
    return replace(webhook, disabled_because=None)


def send_test(
    tenant: TenantId,
    webhook_id: str,
    *,
    webhooks: WebhookRecords,
    queue_deliveries: QueueDeliveries,
    clock: Clock,
) -> Delivery:
    """Queue an event of the type `webhook.test` about the webhook itself, and return its delivery.

    Raises:
        NotFoundError: the project has no such webhook.
        ConflictError: the webhook is disabled.
    """
    webhook = _enabled(get_webhook(tenant, webhook_id, webhooks=webhooks))
    now = clock()
    event_id = EVENT_PREFIX + dated_digits(now, secrets.token_hex(16))
    delivery = Delivery(
        id=DELIVERY_PREFIX + dated_digits(now, webhook.id, event_id),
        webhook_id=webhook.id,
        event_id=event_id,
        event_type=TEST_EVENT,
        object_id=webhook.id,
        created_at=int(now),
        give_up_at=int(now) + GIVE_UP_SECONDS,
        next_at=int(now),
    )
    queue_deliveries(tenant, webhook.id, [delivery])
    return delivery


@dataclass(frozen=True, slots=True)
class Redeliver:
    """Send deliveries once more, with the ids that they had."""

    webhooks: WebhookRecords
    deliveries: DeliveryRecords
    queue_deliveries: QueueDeliveries
    clock: Clock

    def __call__(self, tenant: TenantId, webhook_id: str, delivery_id: str) -> Delivery:
        """Queue the delivery again, whether it was given up or delivered.

        One that is still retried is left as it is.

        Raises:
            NotFoundError: the project has no such webhook, or the webhook no such delivery.
            ConflictError: the webhook is disabled.
        """
        webhook = _enabled(get_webhook(tenant, webhook_id, webhooks=self.webhooks))
        delivery = self.deliveries.get(tenant, webhook.id, delivery_id)
        if delivery is None:
            raise NotFoundError("Delivery", delivery_id)
        if delivery.status is not DeliveryStatus.RETRYING:
            again = delivery.again(int(self.clock()))
            self.deliveries.record(tenant, delivery, again)
            delivery = again
        self.queue_deliveries(tenant, webhook.id, [delivery])
        return delivery


def _enabled(webhook: Webhook) -> Webhook:
    if not webhook.enabled:
        raise ConflictError(
            f"Webhook {webhook.id} is disabled: {webhook.disabled_because} Enable it first.",
            code="webhook_disabled",
            permanent=True,
        )
    return webhook


def _new_version() -> SecretVersion:
    return SecretVersion(secrets.token_hex(16))
