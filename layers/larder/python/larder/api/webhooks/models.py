"""Webhooks and their deliveries, as clients see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, Field

from larder.domain.deliveries import DeliveryStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from larder.domain.deliveries import Delivery
    from larder.domain.webhooks import Webhook
    from larder.services.webhooks.ports import DeliveryPage


class LastDelivery(BaseModel):
    """How the last attempt ended."""

    status: DeliveryStatus
    at: int


class WebhookObject(BaseModel):
    """A webhook, without its secret."""

    id: str
    object: Literal["webhook"] = "webhook"
    url: str
    events: list[str]
    enabled: bool
    disabled_because: str | None = Field(description="Why it is disabled; null while it is enabled")
    created_at: int
    last_delivery: LastDelivery | None

    @classmethod
    def of(cls, webhook: Webhook) -> WebhookObject:
        """Return the webhook as clients see it."""
        last = None
        if webhook.last_status is not None and webhook.last_at is not None:
            last = LastDelivery(status=webhook.last_status, at=webhook.last_at)
        return cls(
            id=webhook.id,
            url=webhook.url,
            events=list(webhook.events),
            enabled=webhook.enabled,
            disabled_because=webhook.disabled_because,
            created_at=webhook.created_at,
            last_delivery=last,
        )


class WebhookList(BaseModel):
    """All webhooks of a project; `first_id` and `last_id` are null if it has none."""

    object: Literal["list"] = "list"
    data: list[WebhookObject]
    first_id: str | None
    last_id: str | None
    has_more: Literal[False] = False

    @classmethod
    def of(cls, webhooks: Sequence[Webhook]) -> WebhookList:
        """Return the webhooks as clients see them."""
        return cls(
            data=[WebhookObject.of(each) for each in webhooks],
            first_id=webhooks[0].id if webhooks else None,
            last_id=webhooks[-1].id if webhooks else None,
        )


class DeliveryObject(BaseModel):
    """An event on its way to a webhook."""

    id: str = Field(description="The header `webhook-id` of every attempt")
    object: Literal["webhook.delivery"] = "webhook.delivery"
    event: str = Field(description="The type of the event")
    event_id: str
    status: DeliveryStatus
    attempts: int
    last_status_code: int | None = Field(description="Of the last answer; null if there was none")
    last_error: str | None
    created_at: int = Field(description="When the event happened")
    next_attempt_at: int | None = Field(description="Null once it is delivered or given up")

    @classmethod
    def of(cls, delivery: Delivery) -> DeliveryObject:
        """Return the delivery as clients see it."""
        return cls(
            id=delivery.id,
            event=delivery.event_type,
            event_id=delivery.event_id,
            status=delivery.status,
            attempts=delivery.attempts,
            last_status_code=delivery.last_status_code,
            last_error=delivery.last_error,
            created_at=delivery.created_at,
            next_attempt_at=delivery.next_at,
        )


class DeliveryList(BaseModel):
    """A page of deliveries; `first_id` and `last_id` are null on an empty page."""

    object: Literal["list"] = "list"
    data: list[DeliveryObject]
    first_id: str | None
    last_id: str | None
    has_more: bool

    @classmethod
    def of(cls, page: DeliveryPage) -> DeliveryList:
        """Return the page as clients see it."""
        found = page.deliveries
        return cls(
            data=[DeliveryObject.of(each) for each in found],
            first_id=found[0].id if found else None,
            last_id=found[-1].id if found else None,
            has_more=page.has_more,
        )
