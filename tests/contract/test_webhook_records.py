"""Webhooks, their deliveries, and the queue of each webhook."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from larder.domain.deliveries import Attempt, DeliveryStatus
from larder.domain.ids import new_webhook_id
from larder.domain.webhook_secrets import SecretVersion
from larder.domain.webhooks import Health, delivery_of
from larder.services.upkeep.ports import DueWebhook
from tests.fakes.clock import START
from tests.samples import OTHER, TENANT, a_webhook, an_event

if TYPE_CHECKING:
    from larder.domain.deliveries import Delivery
    from larder.domain.webhooks import Webhook
    from tests.backends.backend import Backend

NOW = int(START)
FAILED = Attempt(status_code=500)


def queued(
    backend: Backend, webhook: Webhook, *, at: float = START, count: int = 1
) -> list[Delivery]:
    made = [delivery_of(an_event(at + number), webhook) for number in range(count)]
    backend.deliveries.announce(TENANT, webhook.id, made, NOW + 300)
    return made


def claimed(backend: Backend, webhook: Webhook, now: int = NOW) -> Webhook:
    found = backend.webhooks.claim(TENANT, webhook.id, now=now, until=now + 70)
    assert found is not None
    return found


def test_a_webhook_is_read_as_it_was_added(backend: Backend) -> None:
    webhook = a_webhook(
        backend, url="https://example.com/a?b=c", events=("file.failed", "batch.completed")
    )

    assert backend.webhooks.get(TENANT, webhook.id) == webhook
    assert list(backend.webhooks.list(TENANT)) == [webhook]


def test_a_webhook_of_another_project_does_not_exist(backend: Backend) -> None:
    webhook = a_webhook(backend)
    [delivery] = queued(backend, webhook)

    assert backend.webhooks.get(OTHER, webhook.id) is None
    assert list(backend.webhooks.list(OTHER)) == []
    assert backend.webhooks.claim(OTHER, webhook.id, now=NOW, until=NOW + 1) is None
    assert backend.deliveries.get(OTHER, webhook.id, delivery.id) is None
    assert backend.deliveries.page(OTHER, webhook.id, limit=9, after=None).deliveries == ()
    assert not backend.webhooks.remove(OTHER, webhook.id)
    assert not backend.webhooks.enable(OTHER, webhook.id)
    assert not backend.webhooks.rotate(OTHER, webhook.id, [SecretVersion("b")])


def test_a_removed_webhook_is_gone(backend: Backend) -> None:
    webhook = a_webhook(backend)

    assert backend.webhooks.remove(TENANT, webhook.id)

    assert backend.webhooks.get(TENANT, webhook.id) is None
    assert not backend.webhooks.remove(TENANT, webhook.id)
    queued(backend, webhook)
    assert backend.webhooks.get(TENANT, webhook.id) is None


def test_a_rotation_replaces_what_secrets_are_derived_from(backend: Backend) -> None:
    webhook = a_webhook(backend)
    versions = webhook.rotated("new", NOW + 60)

    assert backend.webhooks.rotate(TENANT, webhook.id, versions)

    assert backend.webhooks.get(TENANT, webhook.id) == replace(webhook, secrets=versions)


def test_one_worker_at_a_time_has_a_webhook(backend: Backend) -> None:
    webhook = a_webhook(backend)

    first = backend.webhooks.claim(TENANT, webhook.id, now=NOW, until=NOW + 70)

    assert first == webhook
    assert backend.webhooks.claim(TENANT, webhook.id, now=NOW + 69, until=NOW + 139) is None
    assert backend.webhooks.claim(TENANT, webhook.id, now=NOW + 70, until=NOW + 140) is not None


def test_a_worker_that_came_too_late_releases_nothing(backend: Backend) -> None:
    webhook = claimed(backend, a_webhook(backend))
    claimed(backend, webhook, NOW + 70)
    found = replace(webhook, health=Health(3, NOW, NOW + 9))

    done = backend.webhooks.release(TENANT, found, claimed_until=NOW + 70, unless_announced=False)

    assert not done
    assert backend.webhooks.get(TENANT, webhook.id) == webhook


def test_a_release_records_how_the_webhook_is(backend: Backend) -> None:
    webhook = claimed(backend, a_webhook(backend))
    found = replace(
        webhook,
        health=Health(5, NOW, NOW + 30),
        last_status=DeliveryStatus.RETRYING,
        last_at=NOW,
        due_at=NOW + 330,
        wake_at=NOW + 30,
        disabled_because="Gone.",
    )

    assert backend.webhooks.release(TENANT, found, claimed_until=NOW + 70, unless_announced=True)

    assert backend.webhooks.get(TENANT, webhook.id) == found
    again = claimed(backend, webhook)
    healthy = replace(again, health=Health(), due_at=None, wake_at=0)
    assert backend.webhooks.release(TENANT, healthy, claimed_until=NOW + 70, unless_announced=True)
    assert backend.webhooks.get(TENANT, webhook.id) == healthy


def test_a_release_fails_when_deliveries_were_announced_meanwhile(backend: Backend) -> None:
    webhook = claimed(backend, a_webhook(backend))
    queued(backend, webhook)

    assert not backend.webhooks.release(
        TENANT, webhook, claimed_until=NOW + 70, unless_announced=True
    )
    assert backend.webhooks.release(
        TENANT, replace(webhook, due_at=NOW + 300), claimed_until=NOW + 70, unless_announced=False
    )
    found = claimed(backend, webhook)
    assert (found.announced, found.due_at) == (1, NOW + 300)


def test_an_enabled_webhook_has_forgotten_its_failures(backend: Backend) -> None:
    webhook = claimed(backend, a_webhook(backend))
    disabled = replace(webhook, disabled_because="x", health=Health(7, NOW, NOW + 9))
    backend.webhooks.release(TENANT, disabled, claimed_until=NOW + 70, unless_announced=True)

    assert backend.webhooks.enable(TENANT, webhook.id)

    assert backend.webhooks.get(TENANT, webhook.id) == webhook


def test_an_announced_delivery_is_queued_and_makes_its_webhook_due(backend: Backend) -> None:
    webhook = a_webhook(backend)

    [delivery] = queued(backend, webhook)

    assert backend.deliveries.get(TENANT, webhook.id, delivery.id) == delivery
    assert list(backend.deliveries.due(TENANT, webhook.id, NOW, 10)) == [delivery]
    assert backend.deliveries.next_due(TENANT, webhook.id) == NOW
    assert list(backend.deadlines.due(NOW + 299)) == []
    assert list(backend.deadlines.due(NOW + 300)) == [DueWebhook(TENANT, webhook.id)]


def test_a_delivery_that_is_announced_again_stays_as_it_is(backend: Backend) -> None:
    webhook = a_webhook(backend)
    [delivery] = queued(backend, webhook)
    done = delivery.after(Attempt(status_code=200), NOW, 0)
    assert backend.deliveries.record(TENANT, delivery, done)

    backend.deliveries.announce(TENANT, webhook.id, [delivery], NOW + 900)

    assert backend.deliveries.get(TENANT, webhook.id, delivery.id) == done
    assert backend.deliveries.next_due(TENANT, webhook.id) is None
    found = backend.webhooks.get(TENANT, webhook.id)
    assert found is not None
    assert found.due_at == NOW + 300


def test_what_is_due_comes_in_the_order_of_its_time(backend: Backend) -> None:
    webhook = a_webhook(backend)
    first, second, third = queued(backend, webhook, count=3)
    later = first.after(FAILED, NOW, 0)

    assert backend.deliveries.record(TENANT, first, later)

    assert later.next_at == NOW + 5
    assert list(backend.deliveries.due(TENANT, webhook.id, NOW + 2, 10)) == [second, third]
    assert list(backend.deliveries.due(TENANT, webhook.id, NOW + 5, 10)) == [second, third, later]
    assert list(backend.deliveries.due(TENANT, webhook.id, None, 1)) == [second]
    assert backend.deliveries.next_due(TENANT, webhook.id) == second.next_at


def test_one_webhook_s_queue_is_not_another_s(backend: Backend) -> None:
    webhook, other = a_webhook(backend), a_webhook(backend, id=new_webhook_id(START))

    queued(backend, webhook)

    assert backend.deliveries.next_due(TENANT, other.id) is None
    assert list(backend.deliveries.due(TENANT, other.id, None, 10)) == []
    assert backend.deliveries.page(TENANT, other.id, limit=9, after=None).deliveries == ()


def test_a_delivery_is_recorded_once_for_each_attempt(backend: Backend) -> None:
    webhook = a_webhook(backend)
    [delivery] = queued(backend, webhook)
    later = delivery.after(FAILED, NOW, 0)

    assert backend.deliveries.record(TENANT, delivery, later)

    assert not backend.deliveries.record(TENANT, delivery, later)
    assert backend.deliveries.get(TENANT, webhook.id, delivery.id) == later


def test_a_delivery_that_ended_can_be_queued_again(backend: Backend) -> None:
    webhook = a_webhook(backend)
    [delivery] = queued(backend, webhook)
    given_up = delivery.given_up("The webhook is disabled.")
    backend.deliveries.record(TENANT, delivery, given_up)
    assert backend.deliveries.next_due(TENANT, webhook.id) is None

    assert backend.deliveries.record(TENANT, given_up, given_up.again(NOW + 100))

    assert list(backend.deliveries.due(TENANT, webhook.id, NOW + 100, 10)) == [
        given_up.again(NOW + 100)
    ]


def test_pages_of_deliveries_begin_with_the_newest(backend: Backend) -> None:
    webhook = a_webhook(backend)
    oldest, middle, newest = queued(backend, webhook, count=3)

    first = backend.deliveries.page(TENANT, webhook.id, limit=2, after=None)
    second = backend.deliveries.page(TENANT, webhook.id, limit=2, after=middle.id)

    assert (first.deliveries, first.has_more) == ((newest, middle), True)
    assert (second.deliveries, second.has_more) == ((oldest,), False)
    whole = backend.deliveries.page(TENANT, webhook.id, limit=3, after=None)
    assert not whole.has_more


def test_a_webhook_is_looked_at_again_later(backend: Backend) -> None:
    webhook = a_webhook(backend)
    queued(backend, webhook)
    found = backend.webhooks.get(TENANT, webhook.id)
    assert found is not None

    backend.webhooks.postpone(TENANT, found, NOW + 900)
    backend.webhooks.postpone(TENANT, found, NOW + 9_000)

    assert list(backend.deadlines.due(NOW + 899)) == []
    assert list(backend.deadlines.due(NOW + 900)) == [DueWebhook(TENANT, webhook.id)]
