"""Webhooks: addresses of a project that its events are sent to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from larder.domain.deliveries import (
    DELIVERY_PREFIX,
    GIVE_UP_SECONDS,
    Delivery,
    DeliveryStatus,
    delay,
)
from larder.domain.errors import InvalidParameterError
from larder.domain.events import EventType, dated_digits
from larder.domain.webhook_secrets import SecretVersion

if TYPE_CHECKING:
    from collections.abc import Iterable

    from larder.domain.deliveries import Attempt
    from larder.domain.events import Event
    from larder.domain.ids import WebhookId

TEST_EVENT = "webhook.test"

MAX_WEBHOOKS = 10
"""Webhooks that a project can have."""

BREAK_AFTER = 5
"""Failures in a row after which a webhook is left alone for a while, with all its deliveries."""


@dataclass(frozen=True, slots=True)
class Health:
    """How the deliveries of a webhook went lately. Times are unix seconds.

    `failures` counts those since the last success, `failing_since` is when they began, and until
    `blocked_until` nothing is sent.
    """

    failures: int = 0
    failing_since: int | None = None
    blocked_until: int = 0

    def after(self, attempt: Attempt, now: int, jitter: float) -> Health:
        """Return the health after an attempt that ended at `now`."""
        if attempt.delivered:
            return Health()
        failures = self.failures + 1
        blocked = 0 if failures < BREAK_AFTER else now + delay(failures - BREAK_AFTER + 2, jitter)
        return Health(failures, self.failing_since or now, blocked)


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook of a project.

    `events` are the types that it gets. `secrets` has the version that signs, and before it one
    that still does. `disabled_because` is None while it is enabled. `last_status` and `last_at` are
    of its last attempt. `announced` counts what was queued for it. It is due for the sweeper at
    `due_at`, None if nothing is queued; its worker has planned to go on at `wake_at`.
    """

    id: WebhookId
    url: str
    events: tuple[str, ...]
    created_at: int
    secrets: tuple[SecretVersion, ...]
    disabled_because: str | None = None
    health: Health = Health()
    last_status: DeliveryStatus | None = None
    last_at: int | None = None
    announced: int = 0
    due_at: int | None = None
    wake_at: int = 0

    @property
    def enabled(self) -> bool:
        """Whether events are sent to it."""
        return self.disabled_because is None

    def wants(self, event: Event) -> bool:
        """Tell whether the event is to be sent to it."""
        return self.enabled and event.type in self.events

    def signing(self, now: float) -> tuple[SecretVersion, ...]:
        """Return the versions of the secret that sign at `now`, the current one first."""
        valid = [each for each in self.secrets if each.until is None or each.until > now]
        return tuple(reversed(valid))

    def rotated(self, salt: str, until: int) -> tuple[SecretVersion, ...]:
        """Return the versions after a rotation: the current one signs until `until`."""
        return (replace(self.secrets[-1], until=until), SecretVersion(salt))


def why_disabled(delivery: Delivery, attempt: Attempt, health: Health, now: int) -> str | None:
    """Return why a webhook is disabled after an attempt; None if it is not."""
    if attempt.gone:
        return "The receiver answered 410 Gone."
    # A first attempt comes up to an hour after the event, if many are queued.
    since = health.failing_since
    failed = delivery.status is DeliveryStatus.FAILED
    if failed and since is not None and now - since >= GIVE_UP_SECONDS - 3_600:
        return f"Every delivery has failed for three days. The last one: {attempt.reason}"
    return None


def delivery_of(event: Event, webhook: Webhook) -> Delivery:
    """Return the delivery of an event to a webhook; twice the same if the event comes twice."""
    at = int(event.at)
    return Delivery(
        id=DELIVERY_PREFIX + dated_digits(event.at, webhook.id, event.id),
        webhook_id=webhook.id,
        event_id=event.id,
        event_type=event.type,
        object_id=event.object_id,
        created_at=at,
        give_up_at=at + GIVE_UP_SECONDS,
        next_at=at,
    )


def checked_events(raw: Iterable[str]) -> tuple[str, ...]:
    """Return the types of events that a webhook is to get, in their order.

    Raises:
        InvalidParameterError: the list is empty, or names an event that does not exist.
    """
    wanted = set(raw)
    unknown = sorted(wanted - set(EventType))
    if unknown or not wanted:
        said = f"'{unknown[0][:64]}' is no event. " if unknown else ""
        raise InvalidParameterError(
            f"{said}Name at least one of {', '.join(EventType)}.", param="events"
        )
    return tuple(each.value for each in EventType if each in wanted)
