"""Deliver what is queued for a webhook.

One worker at a time has a webhook, for a turn of some seconds: a slow receiver takes up one worker
and delays nobody else's deliveries. What is left waits for the next turn, behind other webhooks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from larder.domain.deliveries import DeliveryStatus
from larder.domain.webhook_secrets import derive_secret, signed_headers
from larder.domain.webhooks import why_disabled
from larder.services.webhooks.announce import WAKE_GRACE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder.domain.deliveries import Delivery
    from larder.domain.ids import TenantId, WebhookId
    from larder.domain.webhooks import Webhook
    from larder.services.clock import Clock
    from larder.services.webhooks.ports import (
        DeliveryRecords,
        Receivers,
        WakeUps,
        WebhookRecords,
        WebhookSecrets,
    )

CLAIM_SECONDS = 70
"""Seconds that a worker has a webhook, more than it can run for."""

LONGEST_MESSAGE_DELAY = 900
"""Seconds that SQS holds a message back at the most. What is later is left to the sweeper."""

_AT_A_TIME = 10


class Told(StrEnum):
    """How one attempt, or a delivery without one, ended."""

    DELIVERED = "delivered"
    RETRYING = "retrying"
    GIVEN_UP = "given_up"
    DISABLED = "disabled"
    """The webhook, by this attempt."""


type Report = Callable[[Told, Webhook, Delivery], None]


@dataclass(frozen=True, slots=True)
class Deliver:
    """Deliver what is due to a webhook while `keep_going()`, and plan the rest."""

    webhooks: WebhookRecords
    deliveries: DeliveryRecords
    wake_ups: WakeUps
    receivers: Receivers
    webhook_secret: WebhookSecrets
    jitter: Callable[[], float]
    clock: Clock

    def __call__(
        self,
        tenant: TenantId,
        webhook_id: WebhookId,
        *,
        keep_going: Callable[[], bool],
        report: Report,
    ) -> None:
        """Take a turn. Nothing happens if another worker has the webhook, or if it is gone."""
        now = int(self.clock())
        until = now + CLAIM_SECONDS
        webhook = self.webhooks.claim(tenant, webhook_id, now=now, until=until)
        if webhook is None:
            return
        webhook = self._take_turn(tenant, webhook, keep_going, report)
        webhook, delay = self._planned(tenant, webhook)
        if not self.webhooks.release(tenant, webhook, claimed_until=until, unless_announced=True):
            # The messages of what was announced meanwhile found this worker here, and are gone.
            delay = 0
            self.webhooks.release(tenant, webhook, claimed_until=until, unless_announced=False)
        if delay is not None:
            self.wake_ups.wake(tenant, webhook_id, after=delay)

    def _take_turn(
        self, tenant: TenantId, webhook: Webhook, keep_going: Callable[[], bool], report: Report
    ) -> Webhook:
        while keep_going():
            now = int(self.clock())
            if webhook.enabled and webhook.health.blocked_until > now:
                break
            due = self.deliveries.due(
                tenant, webhook.id, now if webhook.enabled else None, _AT_A_TIME
            )
            if not due:
                break
            for delivery in due:
                if not keep_going() or (webhook.enabled and webhook.health.blocked_until > now):
                    break
                webhook = self._deliver(tenant, webhook, delivery, report)
        return webhook

    def _deliver(
        self, tenant: TenantId, webhook: Webhook, delivery: Delivery, report: Report
    ) -> Webhook:
        if not webhook.enabled:
            given_up = delivery.given_up("The webhook is disabled.")
            self.wake_ups.give_up(tenant, given_up)
            self.deliveries.record(tenant, delivery, given_up)
            report(Told.GIVEN_UP, webhook, given_up)
            return webhook
        now = int(self.clock())
        secrets = [
            derive_secret(self.webhook_secret(), webhook.id, version)
            for version in webhook.signing(now)
        ]
        attempt = self.receivers.send(
            webhook.url, signed_headers(delivery, secrets, now), delivery.body
        )
        now = int(self.clock())
        after = delivery.after(attempt, now, self.jitter())
        webhook = replace(
            webhook,
            health=webhook.health.after(attempt, now, self.jitter()),
            last_status=after.status,
            last_at=now,
        )
        reason = why_disabled(after, attempt, webhook.health, now)
        webhook = replace(webhook, disabled_because=reason)
        if after.status is DeliveryStatus.FAILED:
            self.wake_ups.give_up(tenant, after)
        self.deliveries.record(tenant, delivery, after)
        report(_TOLD[after.status], webhook, after)
        if not webhook.enabled:
            report(Told.DISABLED, webhook, after)
        return webhook

    def _planned(self, tenant: TenantId, webhook: Webhook) -> tuple[Webhook, int | None]:
        """Return when it is to go on, and after how many seconds by a message, if by one."""
        now = int(self.clock())
        following = self.deliveries.next_due(tenant, webhook.id)
        if following is None:
            return replace(webhook, due_at=None, wake_at=0), None
        wake_at = max(following, webhook.health.blocked_until, now) if webhook.enabled else now
        delay = wake_at - now
        if delay > LONGEST_MESSAGE_DELAY:
            return replace(webhook, due_at=wake_at, wake_at=0), None
        planned = now < webhook.wake_at <= wake_at
        if planned:
            # A message is on its way already: one for each webhook is enough.
            return replace(webhook, due_at=webhook.wake_at + WAKE_GRACE_SECONDS), None
        return replace(webhook, due_at=wake_at + WAKE_GRACE_SECONDS, wake_at=wake_at), delay


_TOLD = {
    DeliveryStatus.DELIVERED: Told.DELIVERED,
    DeliveryStatus.RETRYING: Told.RETRYING,
    DeliveryStatus.FAILED: Told.GIVEN_UP,
}
