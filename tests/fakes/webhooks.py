"""Webhooks and their deliveries in memory."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from larder.domain.deliveries import Attempt, Delivery
from larder.domain.webhooks import Health, Webhook
from larder.services.webhooks.ports import DeliveryPage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from larder.domain.events import Event
    from larder.domain.ids import TenantId, WebhookId
    from larder.domain.webhook_secrets import SecretVersion


@dataclass
class _Row:
    webhook: Webhook
    claimed_until: int = 0


class InMemoryWebhooks:
    """`WebhookRecords` in memory."""

    def __init__(self) -> None:
        self.rows: dict[tuple[TenantId, WebhookId], _Row] = {}

    def add(self, tenant: TenantId, webhook: Webhook) -> None:
        self.rows[tenant, webhook.id] = _Row(webhook)

    def get(self, tenant: TenantId, webhook_id: WebhookId) -> Webhook | None:
        row = self.rows.get((tenant, webhook_id))
        return None if row is None else row.webhook

    def list(self, tenant: TenantId) -> Sequence[Webhook]:
        found = [row.webhook for (owner, _), row in self.rows.items() if owner == tenant]
        return sorted(found, key=lambda webhook: webhook.id)

    def remove(self, tenant: TenantId, webhook_id: WebhookId) -> bool:
        return self.rows.pop((tenant, webhook_id), None) is not None

    def rotate(
        self, tenant: TenantId, webhook_id: WebhookId, versions: Sequence[SecretVersion]
    ) -> bool:
        return self._change(tenant, webhook_id, lambda it: replace(it, secrets=tuple(versions)))

    def enable(self, tenant: TenantId, webhook_id: WebhookId) -> bool:
        return self._change(
            tenant, webhook_id, lambda it: replace(it, disabled_because=None, health=Health())
        )

    def claim(
        self, tenant: TenantId, webhook_id: WebhookId, *, now: int, until: int
    ) -> Webhook | None:
        row = self.rows.get((tenant, webhook_id))
        if row is None or row.claimed_until > now:
            return None
        row.claimed_until = until
        return row.webhook

    def release(
        self, tenant: TenantId, webhook: Webhook, *, claimed_until: int, unless_announced: bool
    ) -> bool:
        row = self.rows.get((tenant, webhook.id))
        if row is None or row.claimed_until != claimed_until:
            return False
        if unless_announced and row.webhook.announced != webhook.announced:
            return False
        kept = row.webhook
        row.webhook = replace(
            webhook,
            url=kept.url,
            secrets=kept.secrets,
            announced=kept.announced,
            disabled_because=webhook.disabled_because or kept.disabled_because,
        )
        row.claimed_until = 0
        return True

    def postpone(self, tenant: TenantId, webhook: Webhook, due_at: int) -> None:
        row = self.rows.get((tenant, webhook.id))
        if row is not None and row.webhook.due_at == webhook.due_at:
            row.webhook = replace(row.webhook, due_at=due_at)

    def _change(
        self, tenant: TenantId, webhook_id: WebhookId, change: Callable[[Webhook], Webhook]
    ) -> bool:
        row = self.rows.get((tenant, webhook_id))
        if row is None:
            return False
        row.webhook = change(row.webhook)
        return True


class InMemoryDeliveries:
    """`DeliveryRecords` in memory."""

    def __init__(self, webhooks: InMemoryWebhooks) -> None:
        self._webhooks = webhooks
        self.records: dict[tuple[TenantId, WebhookId, str], Delivery] = {}

    def announce(
        self, tenant: TenantId, webhook_id: WebhookId, deliveries: Sequence[Delivery], due_at: int
    ) -> None:
        for delivery in deliveries:
            self.records.setdefault((tenant, webhook_id, delivery.id), delivery)
        row = self._webhooks.rows.get((tenant, webhook_id))
        if row is not None:
            due = due_at if row.webhook.due_at is None else row.webhook.due_at
            announced = row.webhook.announced + len(deliveries)
            row.webhook = replace(row.webhook, announced=announced, due_at=due)

    def get(self, tenant: TenantId, webhook_id: WebhookId, delivery_id: str) -> Delivery | None:
        return self.records.get((tenant, webhook_id, delivery_id))

    def page(
        self, tenant: TenantId, webhook_id: WebhookId, *, limit: int, after: str | None
    ) -> DeliveryPage:
        found = sorted(self._of(tenant, webhook_id), key=lambda each: each.id, reverse=True)
        left = [each for each in found if after is None or each.id < after]
        return DeliveryPage(tuple(left[:limit]), has_more=len(left) > limit)

    def due(
        self, tenant: TenantId, webhook_id: WebhookId, until: int | None, limit: int
    ) -> Sequence[Delivery]:
        queued = self._queued(tenant, webhook_id)
        return [each for at, each in queued if until is None or at <= until][:limit]

    def next_due(self, tenant: TenantId, webhook_id: WebhookId) -> int | None:
        return min((at for at, _ in self._queued(tenant, webhook_id)), default=None)

    def record(self, tenant: TenantId, before: Delivery, after: Delivery) -> bool:
        key = (tenant, before.webhook_id, before.id)
        now = self.records.get(key)
        if now is None or (now.attempts, now.status) != (before.attempts, before.status):
            return False
        self.records[key] = after
        return True

    def _of(self, tenant: TenantId, webhook_id: WebhookId) -> Iterator[Delivery]:
        for (owner, webhook, _), delivery in self.records.items():
            if (owner, webhook) == (tenant, webhook_id):
                yield delivery

    def _queued(self, tenant: TenantId, webhook_id: WebhookId) -> list[tuple[int, Delivery]]:
        found = self._of(tenant, webhook_id)
        queued = [(each.next_at, each) for each in found if each.next_at is not None]
        return sorted(queued, key=lambda each: (each[0], each[1].id))


class InMemoryWakeUps:
    """`WakeUps` in memory: `messages` with the seconds that each is held back, and dead letters."""

    def __init__(self) -> None:
        self.messages: list[tuple[TenantId, WebhookId, int]] = []
        self.dead: list[Delivery] = []

    def wake(self, tenant: TenantId, webhook_id: WebhookId, *, after: int = 0) -> None:
        assert 0 <= after <= 900
        self.messages.append((tenant, webhook_id, after))

    def give_up(self, tenant: TenantId, delivery: Delivery) -> None:  # noqa: ARG002
        self.dead.append(delivery)


class ScriptedReceivers:
    """`Receivers` that answer as `answer` says, and remember what was sent."""

    def __init__(self) -> None:
        self.answer: Callable[[str], Attempt] = lambda _: Attempt(status_code=200)
        self.sent: list[tuple[str, Mapping[str, str], bytes]] = []

    def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Attempt:
        self.sent.append((url, headers, body))
        return self.answer(url)


class InMemoryEventBus:
    """`EventBus` in memory."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def put(self, events: Sequence[Event]) -> None:
        self.events += events
