"""The ports of events and webhooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from larder.domain.deliveries import Attempt, Delivery
    from larder.domain.events import Event
    from larder.domain.ids import TenantId, WebhookId
    from larder.domain.webhook_secrets import SecretVersion
    from larder.domain.webhooks import Webhook

type QueueDeliveries = Callable[[TenantId, WebhookId, Sequence[Delivery]], None]
"""Queues deliveries for a webhook, and has a worker look at it."""


class EventBus(Protocol):
    """Where rules of the deployment's owner find events."""

    def put(self, events: Sequence[Event]) -> None:
        """Put events; when it returns, none of them can get lost.

        Raises:
            ThrottledError: some were not taken. Putting all of them again does no harm.
        """


class DeliveryPage(NamedTuple):
    """Deliveries of a webhook, the newest event first."""

    deliveries: tuple[Delivery, ...]
    has_more: bool


class WebhookRecords(Protocol):
    """The webhooks of projects. Reads are strongly consistent."""

    def add(self, tenant: TenantId, webhook: Webhook) -> None:
        """Record a new webhook."""

    def get(self, tenant: TenantId, webhook_id: WebhookId) -> Webhook | None:
        """Return the project's webhook; None if it has no such one."""

    def list(self, tenant: TenantId) -> Sequence[Webhook]:
        """Return the project's webhooks, oldest first."""

    def remove(self, tenant: TenantId, webhook_id: WebhookId) -> bool:
        """Remove the webhook; False if there was none. Nothing is sent to it from then on."""

    def rotate(
        self, tenant: TenantId, webhook_id: WebhookId, versions: Sequence[SecretVersion]
    ) -> bool:
        """Replace what its secrets are derived from; False if there is no such webhook."""

    def enable(self, tenant: TenantId, webhook_id: WebhookId) -> bool:
        """Enable it, with its failures forgotten; False if there is no such webhook."""

    def claim(
        self, tenant: TenantId, webhook_id: WebhookId, *, now: int, until: int
    ) -> Webhook | None:
        """Return the webhook for one worker alone, until it releases it or the time `until`.

        None if there is no such webhook, or if another worker has it.
        """

    def release(
        self, tenant: TenantId, webhook: Webhook, *, claimed_until: int, unless_announced: bool
    ) -> bool:
        """Record how the webhook is, and give it back; False if another worker has it now.

        With `unless_announced`, nothing happens, and it is False, if deliveries were announced
        since it was claimed.
        """

    def postpone(self, tenant: TenantId, webhook: Webhook, due_at: int) -> None:
        """Move when the sweeper looks at it, if that was not moved meanwhile."""


class DeliveryRecords(Protocol):
    """The deliveries of webhooks: a record of each, and a queue of those that have not ended."""

    def announce(
        self, tenant: TenantId, webhook_id: WebhookId, deliveries: Sequence[Delivery], due_at: int
    ) -> None:
        """Record new deliveries, those that are not recorded yet, and queue them.

        Then the webhook is due for the sweeper at `due_at`, or before. Nothing if it is gone.
        """

    def get(self, tenant: TenantId, webhook_id: WebhookId, delivery_id: str) -> Delivery | None:
        """Return the delivery; None if there is no such one."""

    def page(
        self, tenant: TenantId, webhook_id: WebhookId, *, limit: int, after: str | None
    ) -> DeliveryPage:
        """Return a page of the deliveries that are kept."""

    def due(
        self, tenant: TenantId, webhook_id: WebhookId, until: int | None, limit: int
    ) -> Sequence[Delivery]:
        """Return queued deliveries that are due by `until`, None for all, the longest due first."""

    def next_due(self, tenant: TenantId, webhook_id: WebhookId) -> int | None:
        """Return when the next queued delivery is due; None if none is queued."""

    def record(self, tenant: TenantId, before: Delivery, after: Delivery) -> bool:
        """Replace a delivery, and its place in the queue; False if it has changed meanwhile."""


class WakeUps(Protocol):
    """The queue that has workers look at webhooks."""

    def wake(self, tenant: TenantId, webhook_id: WebhookId, *, after: int = 0) -> None:
        """Have a worker look at the webhook, after so many seconds (900 at the most)."""

    def give_up(self, tenant: TenantId, delivery: Delivery) -> None:
        """Put the delivery among the dead letters. Sent back from there, it is tried again."""


class Receivers(Protocol):
    """The servers that webhooks lead to."""

    def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Attempt:
        """POST the body, within ten seconds in all. Raises nothing: what goes wrong is the result.

        The host is resolved, every address checked, and the connection made to one of these. No
        redirect is followed, and no body of an answer is read.
        """


class WebhookSecrets(Protocol):
    """The secret that those of webhooks are derived from."""

    def __call__(self) -> bytes:
        """Return it."""
