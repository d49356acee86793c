"""Deliveries: each an event on its way to a webhook, tried again for three days."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from larder.domain.files import DAY

if TYPE_CHECKING:
    from larder.domain.ids import WebhookId

DELIVERY_PREFIX = "msg_"

GIVE_UP_SECONDS = 3 * DAY
"""Seconds after which a delivery is given up, and a webhook that has only failed is disabled."""

KEPT_SECONDS = 30 * DAY
"""Seconds that the record of a delivery is kept."""

DELAYS = (5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 28_800, 43_200)
"""Seconds between the attempts of a delivery; the last one again and again."""


class DeliveryStatus(StrEnum):
    """`retrying` from the start until it is delivered or given up."""

    RETRYING = "retrying"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Attempt:
    """How one request went: the answer's status, or why there was none."""

    status_code: int | None = None
    error: str | None = None

    @property
    def delivered(self) -> bool:
        """Whether the receiver has taken the event: an answer of 2xx."""
        return self.status_code is not None and 200 <= self.status_code < 300  # noqa: PLR2004

    @property
    def reason(self) -> str:
        """Why it failed, for people."""
        return self.error or f"HTTP {self.status_code}"

    @property
    def gone(self) -> bool:
        """Whether the receiver wants nothing more (Standard Webhooks)."""
        return self.status_code == 410  # noqa: PLR2004


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event on its way to a webhook. Times are unix seconds.

    `next_at` is when it is tried next, None once it has ended.
    """

    id: str
    webhook_id: WebhookId
    event_id: str
    event_type: str
    object_id: str
    created_at: int
    give_up_at: int
    next_at: int | None
    status: DeliveryStatus = DeliveryStatus.RETRYING
    attempts: int = 0
    last_status_code: int | None = None
    last_error: str | None = None

    @property
    def body(self) -> bytes:
        """The event as OpenAI sends it: the same bytes in every attempt."""
        event = {
            "id": self.event_id,
            "object": "event",
            "created_at": self.created_at,
            "type": self.event_type,
            "data": {"id": self.object_id},
        }
        return json.dumps(event, separators=(",", ":")).encode()

    def after(self, attempt: Attempt, now: int, jitter: float) -> Delivery:
        """Return the delivery after an attempt that ended at `now`.

        The last attempt is when it is to be given up. `jitter` is 0..1.
        """
        tried = replace(
            self,
            attempts=self.attempts + 1,
            last_status_code=attempt.status_code,
            last_error=None if attempt.delivered else attempt.reason,
        )
        if attempt.delivered:
            return replace(tried, status=DeliveryStatus.DELIVERED, next_at=None)
        if now >= self.give_up_at:
            return replace(tried, status=DeliveryStatus.FAILED, next_at=None)
        return replace(tried, next_at=min(now + delay(tried.attempts, jitter), self.give_up_at))

    def given_up(self, reason: str) -> Delivery:
        """Return the delivery, given up without another attempt."""
        return replace(self, status=DeliveryStatus.FAILED, next_at=None, last_error=reason)

    def again(self, now: int) -> Delivery:
        """Return the delivery as it is sent once more: with the same id, for three days."""
        return replace(
            self, status=DeliveryStatus.RETRYING, next_at=now, give_up_at=now + GIVE_UP_SECONDS
        )


def delay(attempts: int, jitter: float) -> int:
    """Return the seconds to wait after that many attempts, up to a fifth more by `jitter`."""
    base = DELAYS[min(attempts, len(DELAYS)) - 1]
    return base + int(base * jitter / 5)
