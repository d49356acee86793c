"""Deliveries of webhooks: in turns, one worker for each webhook, and none hammered."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from larder.domain.deliveries import DELAYS, GIVE_UP_SECONDS, Attempt, DeliveryStatus
from larder.domain.errors import ConflictError, InvalidParameterError, NotFoundError
from larder.domain.webhooks import BREAK_AFTER, MAX_WEBHOOKS, delivery_of
from larder.services.upkeep.ports import DueWebhook
from larder.services.upkeep.sweepers import sweep_webhook
from larder.services.webhooks.announce import announce, queue_deliveries
from larder.services.webhooks.deliver import Deliver, Told
from larder.services.webhooks.list import get_webhook, list_deliveries
from larder.services.webhooks.manage import (
    AddWebhook,
    Redeliver,
    enable_webhook,
    remove_webhook,
    rotate_webhook,
    send_test,
)
from tests.backends.memory import MemoryBackend
from tests.fakes.clock import START
from tests.samples import OTHER, TENANT, a_webhook, an_event

if TYPE_CHECKING:
    from larder.domain.deliveries import Delivery
    from larder.domain.webhooks import Webhook

NOW = int(START)
FAILED = Attempt(status_code=500)


class World(MemoryBackend):
    """A project with one webhook."""

    def __init__(self) -> None:
        super().__init__()
        self.webhook = a_webhook(self)
        self.told: list[Told] = []

    def announce(self, count: int = 1) -> list[Delivery]:
        events = [an_event(self.clock()) for _ in range(count)]
        for event in events:
            self.make(announce)(TENANT, [event])
        return [delivery_of(event, self.webhook) for event in events]

    def turn(self, webhook: Webhook | None = None, attempts: int = 100) -> int:
        """Take a turn of so many attempts at the most, and return how many were made."""
        before, left = len(self.receivers.sent), iter(range(2 * attempts))
        self.make(Deliver)(
            TENANT,
            (webhook or self.webhook).id,
            keep_going=lambda: (
                next(left, None) is not None and len(self.receivers.sent) - before < attempts
            ),
            report=lambda told, *_: self.told.append(told),
        )
        return len(self.receivers.sent) - before

    def found(self) -> Webhook:
        return get_webhook(TENANT, self.webhook.id, webhooks=self.webhooks)

    def delivery(self, delivery: Delivery) -> Delivery:
        found = self.deliveries.get(TENANT, self.webhook.id, delivery.id)
        assert found is not None
        return found

    def pass_by(self, seconds: int) -> None:
        self.clock.advance(seconds)


@pytest.fixture
def world() -> World:
    return World()


def test_an_event_is_put_on_the_bus_and_sent_to_the_webhooks_that_want_it(world: World) -> None:
    deaf = a_webhook(world, id="wh_019774200000ffffffffffff", events=("batch.failed",))

    [delivery] = world.announce()

    assert [event.id for event in world.event_bus.events] == [delivery.event_id]
    assert world.wake_ups.messages == [(TENANT, world.webhook.id, 0)]
    assert world.turn() == 1
    assert world.turn(deaf) == 0
    [(url, headers, body)] = world.receivers.sent
    assert (url, headers["webhook-id"], body) == (world.webhook.url, delivery.id, delivery.body)
    assert world.delivery(delivery).status is DeliveryStatus.DELIVERED


def test_an_event_of_another_project_is_not_sent(world: World) -> None:
    world.make(announce)(OTHER, [an_event(tenant=OTHER)])

    assert world.turn() == 0


def test_an_event_that_comes_twice_is_sent_once(world: World) -> None:
    event = an_event()
    world.make(announce)(TENANT, [event])
    world.turn()

    world.make(announce)(TENANT, [event])

    assert world.turn() == 0


def test_a_webhook_with_nothing_queued_is_not_due(world: World) -> None:
    world.announce()
    world.turn()

    assert world.found().due_at is None
    assert list(world.deadlines.due(NOW + 10**6)) == []


def test_a_failed_delivery_is_tried_again_with_the_same_id(world: World) -> None:
    world.receivers.answer = lambda _: FAILED
    [delivery] = world.announce()

    assert world.turn() == 1
    assert world.turn() == 0
    assert world.wake_ups.messages[-1] == (TENANT, world.webhook.id, DELAYS[0])
    world.pass_by(DELAYS[0])
    world.receivers.answer = lambda _: Attempt(status_code=200)
    assert world.turn() == 1

    assert {headers["webhook-id"] for _, headers, _ in world.receivers.sent} == {delivery.id}
    first, second = (headers["webhook-timestamp"] for _, headers, _ in world.receivers.sent)
    assert int(second) - int(first) == DELAYS[0]
    assert world.told == [Told.RETRYING, Told.DELIVERED]


def test_messages_do_not_multiply_while_a_webhook_fails(world: World) -> None:
    world.receivers.answer = lambda _: FAILED
    world.announce(3)
    world.turn()
    sent = len(world.wake_ups.messages)

    for _ in range(5):
        world.turn()

    assert len(world.wake_ups.messages) == sent


def test_a_dead_receiver_gets_few_requests_however_much_is_queued(world: World) -> None:
    world.receivers.answer = lambda _: Attempt(error="Timed out.")
    world.announce(50)

    assert world.turn() == BREAK_AFTER
    assert world.turn() == 0
    world.pass_by(DELAYS[1])
    assert world.turn() == 1
    assert world.turn() == 0


def test_a_receiver_that_recovers_gets_everything(world: World) -> None:
    world.receivers.answer = lambda _: FAILED
    world.announce(20)
    world.turn()
    world.receivers.answer = lambda _: Attempt(status_code=200)
    world.pass_by(DELAYS[1])

    assert world.turn() == 20
    assert world.found().health.failures == 0
    assert world.found().due_at is None


def test_an_event_that_is_never_taken_holds_up_no_other(world: World) -> None:
    [poison] = world.announce()
    world.receivers.answer = lambda _: FAILED
    world.turn()
    for _ in range(30):
        world.announce()
        world.pass_by(60)
        world.receivers.answer = lambda _: (
            FAILED
            if world.receivers.sent[-1][1]["webhook-id"] == poison.id
            else Attempt(status_code=200)
        )
        world.turn()

    assert world.told.count(Told.DELIVERED) == 30
    assert world.found().enabled


def test_a_turn_that_ends_early_has_the_rest_follow_at_once(world: World) -> None:
    world.announce(10)

    assert world.turn(attempts=3) == 3

    assert world.wake_ups.messages[-1] == (TENANT, world.webhook.id, 0)
    assert world.turn() == 7


def test_only_one_worker_is_at_a_webhook(world: World) -> None:
    world.announce()
    answers = []

    def meanwhile(_: str) -> Attempt:
        answers.append(world.turn())
        return Attempt(status_code=200)

    world.receivers.answer = meanwhile
    world.turn()

    assert answers == [0]
    assert len(world.receivers.sent) == 1


def test_what_is_announced_during_a_turn_is_not_forgotten(world: World) -> None:
    """The message of the new delivery finds the worker at it, and does nothing."""
    world.announce()

    def meanwhile(_: str) -> Attempt:
        world.receivers.answer = lambda _: FAILED
        world.announce()
        world.turn()
        return FAILED

    world.receivers.answer = meanwhile
    world.turn(attempts=1)

    assert world.wake_ups.messages[-1] == (TENANT, world.webhook.id, 0)
    assert world.turn() == 1


def test_a_worker_that_died_is_replaced(world: World) -> None:
    world.announce()
    world.webhooks.claim(TENANT, world.webhook.id, now=NOW, until=NOW + 70)

    assert world.turn() == 0
    world.pass_by(70)
    assert world.turn() == 1


def test_a_lost_message_is_made_good_by_the_sweeper(world: World) -> None:
    world.announce()
    world.wake_ups.messages.clear()
    world.pass_by(300)

    for due in world.deadlines.due(world.clock()):
        assert isinstance(due, DueWebhook)
        world.make(sweep_webhook)(due)

    assert world.wake_ups.messages == [(TENANT, world.webhook.id, 0)]
    assert list(world.deadlines.due(world.clock())) == []


def test_later_attempts_are_left_to_the_sweeper(world: World) -> None:
    world.receivers.answer = lambda _: FAILED
    [delivery] = world.announce()
    for _ in range(5):
        world.turn()
        world.pass_by(max(0, (world.delivery(delivery).next_at or 0) - int(world.clock())))
    world.turn()

    found = world.found()
    assert found.due_at is not None
    assert found.due_at - world.clock() > 900
    assert found.due_at == max(world.delivery(delivery).next_at or 0, found.health.blocked_until)


def fail_for_three_days(world: World) -> None:
    world.receivers.answer = lambda _: FAILED
    for _ in range(400):
        world.turn()
        if not world.found().enabled:
            return
        world.pass_by(900)


def test_after_three_days_a_delivery_is_a_dead_letter_and_its_webhook_disabled(
    world: World,
) -> None:
    [delivery] = world.announce()

    fail_for_three_days(world)

    assert world.clock() - NOW >= GIVE_UP_SECONDS
    assert [each.id for each in world.wake_ups.dead] == [delivery.id]
    assert world.delivery(delivery).status is DeliveryStatus.FAILED
    assert "three days" in str(world.found().disabled_because)
    assert world.told[-2:] == [Told.GIVEN_UP, Told.DISABLED]
    assert len(world.receivers.sent) < 20


def test_a_disabled_webhook_gives_up_what_is_queued_and_gets_nothing_new(world: World) -> None:
    world.announce(3)
    fail_for_three_days(world)
    sent = len(world.receivers.sent)

    world.turn()
    world.announce()
    world.turn()

    assert len(world.receivers.sent) == sent
    assert len(world.wake_ups.dead) == 3
    assert world.found().due_at is None


def test_an_enabled_webhook_can_be_sent_what_was_given_up(world: World) -> None:
    [delivery] = world.announce()
    fail_for_three_days(world)
    with pytest.raises(ConflictError, match="three days"):
        world.make(Redeliver)(TENANT, world.webhook.id, delivery.id)

    world.make(enable_webhook)(TENANT, world.webhook.id)
    world.receivers.answer = lambda _: Attempt(status_code=200)
    world.make(Redeliver)(TENANT, world.webhook.id, delivery.id)

    assert world.turn() == 1
    assert world.delivery(delivery).status is DeliveryStatus.DELIVERED
    assert world.receivers.sent[-1][1]["webhook-id"] == delivery.id


def test_a_delivery_that_is_still_retried_is_not_queued_twice(world: World) -> None:
    world.receivers.answer = lambda _: FAILED
    [delivery] = world.announce()
    world.turn()

    again = world.make(Redeliver)(TENANT, world.webhook.id, delivery.id)

    assert again == world.delivery(delivery)
    assert world.turn() == 0


def test_a_receiver_that_is_gone_disables_its_webhook(world: World) -> None:
    world.receivers.answer = lambda _: Attempt(status_code=410)
    world.announce()

    world.turn()

    assert not world.found().enabled


def test_a_removed_webhook_gets_nothing(world: World) -> None:
    world.announce()
    world.make(remove_webhook)(TENANT, world.webhook.id)

    assert world.turn() == 0
    with pytest.raises(NotFoundError):
        world.make(remove_webhook)(TENANT, world.webhook.id)


def test_an_added_webhook_prints_the_secret_that_signs(world: World) -> None:
    secret, webhook = world.make(AddWebhook)(TENANT, "https://a.example/", ["file.processed"])

    assert secret.startswith("whsec_")
    assert webhook.events == ("file.processed",)
    assert world.webhooks.get(TENANT, webhook.id) == webhook


def test_a_project_has_so_many_webhooks_and_no_more(world: World) -> None:
    for _ in range(MAX_WEBHOOKS - 1):
        world.make(AddWebhook)(TENANT, "https://a.example/", ["file.processed"])

    with pytest.raises(ConflictError):
        world.make(AddWebhook)(TENANT, "https://a.example/", ["file.processed"])


def test_a_private_host_is_refused(world: World) -> None:
    with pytest.raises(InvalidParameterError):
        world.make(AddWebhook)(TENANT, "https://169.254.169.254/", ["file.processed"])


def test_after_a_rotation_everything_is_signed_twice_for_a_day(world: World) -> None:
    secret, _ = world.make(rotate_webhook)(TENANT, world.webhook.id)
    world.announce()
    world.turn()
    world.pass_by(86_400)
    world.announce()
    world.turn()

    signatures = [headers["webhook-signature"] for _, headers, _ in world.receivers.sent]
    assert secret.startswith("whsec_")
    assert [len(each.split()) for each in signatures] == [2, 1]


def test_a_test_event_is_about_the_webhook_itself(world: World) -> None:
    sent = world.make(send_test)(TENANT, world.webhook.id)

    assert world.turn() == 1
    assert world.delivery(sent).status is DeliveryStatus.DELIVERED
    assert (sent.event_type, sent.object_id) == ("webhook.test", world.webhook.id)
    assert world.event_bus.events == []


@pytest.mark.parametrize("webhook_id", ["wh_019774200000ffffffffffff", "x", ""])
def test_what_is_not_there_is_not_found(world: World, webhook_id: str) -> None:
    for use_case in (remove_webhook, enable_webhook, rotate_webhook, send_test, list_deliveries):
        with pytest.raises(NotFoundError):
            world.make(use_case)(TENANT, webhook_id)
    for tenant, delivery_id in ((TENANT, "msg_1"), (OTHER, "msg_1")):
        with pytest.raises(NotFoundError):
            world.make(Redeliver)(tenant, world.webhook.id, delivery_id)


def test_a_malformed_position_is_refused(world: World) -> None:
    for changes in ({"after": "msg_1"}, {"limit": 0}, {"limit": 101}):
        with pytest.raises(InvalidParameterError):
            world.make(list_deliveries)(TENANT, world.webhook.id, **changes)


def test_a_queue_that_dies_before_its_message_is_made_good_by_doing_it_again(
    world: World,
) -> None:
    event = an_event()
    delivery = delivery_of(event, world.webhook)
    world.deliveries.announce(TENANT, world.webhook.id, [delivery], NOW + 300)

    world.make(queue_deliveries)(TENANT, world.webhook.id, [delivery])

    assert world.turn() == 1
    assert world.found() == replace(world.found(), due_at=None)
