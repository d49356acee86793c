"""Operations on webhooks: each is prepared, and then carried out by one call."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from larder.domain.deliveries import GIVE_UP_SECONDS, Attempt
from larder.domain.webhooks import delivery_of
from larder.runtime.composition import Composition
from larder.services.webhooks.manage import AddWebhook, send_test
from tests.fakes.webhooks import ScriptedReceivers
from tests.samples import an_event
from tests.support.events import recorded
from tests.support.handlers import load

if TYPE_CHECKING:
    from larder.domain.deliveries import Delivery
    from larder.domain.webhooks import Webhook
    from tests.integration.operations import Act, World

URL = "https://receiver.example/hook"


def webhook(world: World) -> Webhook:
    _, made = world.ports.make(AddWebhook)(world.tenant, URL, ["file.processed"])
    return made


def message(world: World, made: Webhook, **more: str) -> dict[str, Any]:
    """Return the queue's event about a webhook."""
    event = recorded("on_delivery")
    body = {"project": world.tenant, "webhook": made.id, **more}
    event["Records"][0]["body"] = json.dumps(body)
    return event


def answering(world: World, attempt: Attempt) -> ScriptedReceivers:
    """Put a receiver that answers so in the place of the network. The secret is read anew."""
    receivers = ScriptedReceivers()
    receivers.answer = lambda _: attempt
    module: Any = load("on_delivery")
    module.take_turn = replace(
        module.take_turn,
        receivers=receivers,
        webhook_secret=Composition(world.ports.settings).webhook_secret,
    )
    return receivers


def deliver(world: World, made: Webhook, **more: str) -> Any:
    return world.functions.invoke("on_delivery", message(world, made, **more))


def queued(world: World, made: Webhook, *, age: int = 0) -> Delivery:
    event = an_event(time.time() - age, world.tenant)
    delivery = delivery_of(event, made)
    world.ports.queue_deliveries(world.tenant, made.id, [delivery])
    return delivery


def on_change(world: World) -> Act:
    webhook(world)
    event = recorded("on_change")
    for record in event["Records"]:
        for image in ("Keys", "OldImage", "NewImage"):
            record["dynamodb"][image]["pk"]["S"] = f"P#{world.tenant}"
    # The second record is of a batch, which the webhook does not want but for its files.
    event["Records"][1]["dynamodb"]["NewImage"].pop("output_file_id")
    event["Records"][1]["dynamodb"]["NewImage"].pop("error_file_id")

    def act() -> None:
        assert world.functions.invoke("on_change", event) == {"batchItemFailures": []}

    return act


def _delivery(attempt: Attempt, age: int = 0) -> Any:
    def prepare(world: World) -> Act:
        made = webhook(world)
        queued(world, made, age=age)
        answering(world, attempt)

        def act() -> None:
            assert deliver(world, made) == {"batchItemFailures": []}

        return act

    return prepare


on_delivery = _delivery(Attempt(status_code=200))
on_delivery_that_fails = _delivery(Attempt(status_code=500))
on_delivery_that_is_given_up = _delivery(Attempt(status_code=500), GIVE_UP_SECONDS)


def on_delivery_of_a_dead_letter(world: World) -> Act:
    made = webhook(world)
    delivery = queued(world, made)
    world.ports.deliveries.record(world.tenant, delivery, delivery.given_up("HTTP 500"))
    answering(world, Attempt(status_code=200))

    def act() -> None:
        assert deliver(world, made, delivery=delivery.id) == {"batchItemFailures": []}

    return act


def webhooks_list(world: World) -> Act:
    made = webhook(world)

    def act() -> None:
        answer = world.functions.call("webhooks_list", world.tenant)
        assert [each["id"] for each in answer.json["data"]] == [made.id]

    return act


def webhooks_deliveries(world: World) -> Act:
    made = webhook(world)
    sent = world.ports.make(send_test)(world.tenant, made.id)

    def act() -> None:
        answer = world.functions.call(
            "webhooks_deliveries", world.tenant, pathParameters={"webhook_id": made.id}
        )
        assert [each["id"] for each in answer.json["data"]] == [sent.id]

    return act
