"""Webhooks and deliveries as DynamoDB items, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.adapters.dynamodb.attributes import number, optional_number, optional_text, text
from larder.adapters.dynamodb.keys import delivery_key, queued_key, webhook_key
from larder.domain.deliveries import KEPT_SECONDS, Delivery, DeliveryStatus
from larder.domain.ids import WebhookId
from larder.domain.webhook_secrets import SecretVersion
from larder.domain.webhooks import Health, Webhook

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    from larder.adapters.dynamodb.attributes import Item, ItemRead
    from larder.domain.ids import TenantId


def webhook_item(tenant: TenantId, webhook: Webhook) -> Item:
    """Return the item of a new webhook."""
    return {
        **webhook_key(tenant, webhook.id),
        "url": text(webhook.url),
        "events": {"L": [text(each) for each in webhook.events]},
        "created_at": number(webhook.created_at),
        "secrets": secrets_attribute(webhook.secrets),
        "failures": number(0),
        "blocked_until": number(0),
        "announced": number(0),
        "claimed_until": number(0),
        "wake_at": number(0),
    }


def secrets_attribute(versions: Sequence[SecretVersion]) -> AttributeValueTypeDef:
    """Return what a webhook's secrets are derived from as an attribute."""
    return {
        "L": [
            {"M": {"salt": text(each.salt)} | ({"until": number(each.until)} if each.until else {})}
            for each in versions
        ]
    }


def webhook_from(item: ItemRead) -> Webhook:
    """Return the webhook that an item records."""
    status = optional_text(item, "last_status")
    return Webhook(
        id=WebhookId(item["sk"]["S"]),
        url=item["url"]["S"],
        events=tuple(each["S"] for each in item["events"]["L"]),
        created_at=int(item["created_at"]["N"]),
        secrets=tuple(
            SecretVersion(each["M"]["salt"]["S"], optional_number(each["M"], "until"))
            for each in item["secrets"]["L"]
        ),
        disabled_because=optional_text(item, "disabled_because"),
        health=Health(
            failures=int(item["failures"]["N"]),
            failing_since=optional_number(item, "failing_since"),
            blocked_until=int(item["blocked_until"]["N"]),
        ),
        last_status=None if status is None else DeliveryStatus(status),
        last_at=optional_number(item, "last_at"),
        announced=int(item["announced"]["N"]),
        due_at=optional_number(item, "due_at"),
        wake_at=int(item["wake_at"]["N"]),
    )


def delivery_item(tenant: TenantId, delivery: Delivery) -> Item:
    """Return the item of a delivery; TTL removes it thirty days after it can have ended."""
    item: Item = {
        **delivery_key(tenant, delivery.webhook_id, delivery.id),
        "event_id": text(delivery.event_id),
        "event_type": text(delivery.event_type),
        "object_id": text(delivery.object_id),
        "created_at": number(delivery.created_at),
        "give_up_at": number(delivery.give_up_at),
        "status": text(delivery.status),
        "attempts": number(delivery.attempts),
        "ttl": number(delivery.give_up_at + KEPT_SECONDS),
    }
    numbers = {"next_at": delivery.next_at, "last_status_code": delivery.last_status_code}
    item |= {name: number(value) for name, value in numbers.items() if value is not None}
    if delivery.last_error is not None:
        item["last_error"] = text(delivery.last_error)
    return item


def delivery_from(item: ItemRead) -> Delivery:
    """Return the delivery that an item records."""
    _, webhook_id, delivery_id = item["sk"]["S"].split("#")
    return Delivery(
        id=delivery_id,
        webhook_id=WebhookId(webhook_id),
        event_id=item["event_id"]["S"],
        event_type=item["event_type"]["S"],
        object_id=item["object_id"]["S"],
        created_at=int(item["created_at"]["N"]),
        give_up_at=int(item["give_up_at"]["N"]),
        next_at=optional_number(item, "next_at"),
        status=DeliveryStatus(item["status"]["S"]),
        attempts=int(item["attempts"]["N"]),
        last_status_code=optional_number(item, "last_status_code"),
        last_error=optional_text(item, "last_error"),
    )


def queued_item(tenant: TenantId, delivery: Delivery, at: int) -> Item:
    """Return the item of a delivery's place in its webhook's queue, where it is due at `at`."""
    return {
        **queued_key(tenant, delivery.webhook_id, at, delivery.id),
        "ttl": number(delivery.give_up_at + KEPT_SECONDS),
    }
