"""Read the webhooks of a project, and their deliveries."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from larder.domain.deliveries import DELIVERY_PREFIX
from larder.domain.errors import InvalidParameterError, NotFoundError
from larder.domain.ids import id_pattern, parse_webhook_id
from larder.domain.limits import checked_limit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from larder.domain.ids import TenantId
    from larder.domain.webhooks import Webhook
    from larder.services.webhooks.ports import DeliveryPage, DeliveryRecords, WebhookRecords

DEFAULT_PAGE = 20
MAX_PAGE = 100

_DELIVERY_ID = re.compile(id_pattern(DELIVERY_PREFIX))


def list_webhooks(tenant: TenantId, *, webhooks: WebhookRecords) -> Sequence[Webhook]:
    """Return the project's webhooks, oldest first."""
    return webhooks.list(tenant)


def get_webhook(tenant: TenantId, webhook_id: str, *, webhooks: WebhookRecords) -> Webhook:
    """Return the project's webhook.

    Raises:
        NotFoundError: the project has no such webhook.
    """
    parsed = parse_webhook_id(webhook_id)
    webhook = None if parsed is None else webhooks.get(tenant, parsed)
    if webhook is None:
        raise NotFoundError("Webhook", webhook_id)
    return webhook


def list_deliveries(
    tenant: TenantId,
    webhook_id: str,
    *,
    webhooks: WebhookRecords,
    deliveries: DeliveryRecords,
    limit: int = DEFAULT_PAGE,
    after: str | None = None,
) -> DeliveryPage:
    """Return a page of the webhook's deliveries, the newest event first.

    Raises:
        NotFoundError: the project has no such webhook.
        InvalidParameterError: `limit` is outside 1..100, or `after` is no delivery's id.
    """
    webhook = get_webhook(tenant, webhook_id, webhooks=webhooks)
    limit = checked_limit(limit, most=MAX_PAGE)
    if after and _DELIVERY_ID.fullmatch(after) is None:
        raise InvalidParameterError(f"'{after[:64]}' is no delivery's id.", param="after")
    return deliveries.page(tenant, webhook.id, limit=limit, after=after or None)
