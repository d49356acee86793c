"""The functions of webhooks on moto."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import standardwebhooks

from larder.domain.deliveries import Attempt
from larder.services.webhooks.announce import WAKE_GRACE_SECONDS
from larder.services.webhooks.manage import AddWebhook, send_test
from tests.integration.operations import World
from tests.integration.webhook_operations import (
    URL,
    answering,
    deliver,
    message,
    queued,
    webhook,
)
from tests.integration.workers import later
from tests.support.events import recorded

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from larder.runtime.composition import Composition
    from tests.integration.conftest import Functions
    from tests.moto_stack import MotoStack


@pytest.fixture
def world(functions: Functions, tenant: TenantId, stack: MotoStack, ports: Composition) -> World:
    return World(functions, tenant, stack, ports)


def messages(world: World, url: str) -> list[dict[str, str]]:
    answer = world.stack.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    return [json.loads(each["Body"]) for each in answer.get("Messages", [])]


def test_a_delivery_is_signed_with_the_secret_that_was_printed(world: World) -> None:
    secret, made = world.ports.make(AddWebhook)(world.tenant, URL, ["file.processed"])
    receivers = answering(world, Attempt(status_code=200))
    sent = world.ports.make(send_test)(world.tenant, made.id)

    deliver(world, made)

    [(url, headers, body)] = receivers.sent
    read = standardwebhooks.Webhook(secret).verify(body, dict(headers))
    assert (url, read["type"], read["data"]["id"]) == (URL, "webhook.test", made.id)
    assert headers["webhook-id"] == sent.id


def test_the_sweep_wakes_a_webhook_whose_message_was_lost(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = webhook(world)
    queued(world, made)
    url = world.stack.settings.deliveries_queue_url
    world.stack.sqs.purge_queue(QueueUrl=url)
    later(monkeypatch, WAKE_GRACE_SECONDS + 1)

    world.functions.invoke("sweep", recorded("sweep"))

    assert messages(world, url) == [{"project": world.tenant, "webhook": made.id}]


def test_a_webhook_is_listed_without_its_secret(world: World) -> None:
    secret, made = world.ports.make(AddWebhook)(world.tenant, URL, ["file.processed"])

    answer = world.functions.call("webhooks_list", world.tenant)

    assert answer.status == 200
    assert answer.json == {
        "object": "list",
        "data": [
            {
                "id": made.id,
                "object": "webhook",
                "url": URL,
                "events": ["file.processed"],
                "enabled": True,
                "disabled_because": None,
                "created_at": made.created_at,
                "last_delivery": None,
            }
        ],
        "first_id": made.id,
        "last_id": made.id,
        "has_more": False,
    }
    assert secret not in answer.raw
    assert made.secrets[0].salt not in answer.raw


def test_a_delivery_is_listed_with_its_attempts(world: World) -> None:
    made = webhook(world)
    delivery = queued(world, made)
    answering(world, Attempt(error="Timed out."))
    deliver(world, made)

    answer = world.functions.call(
        "webhooks_deliveries", world.tenant, pathParameters={"webhook_id": made.id}
    )

    [listed] = answer.json["data"]
    assert listed == {
        "id": delivery.id,
        "object": "webhook.delivery",
        "event": "file.processed",
        "event_id": delivery.event_id,
        "status": "retrying",
        "attempts": 1,
        "last_status_code": None,
        "last_error": "Timed out.",
        "created_at": delivery.created_at,
        "next_attempt_at": listed["next_attempt_at"],
    }
    assert listed["next_attempt_at"] > delivery.created_at
    [seen] = world.functions.call("webhooks_list", world.tenant).json["data"]
    assert seen["last_delivery"]["status"] == "retrying"


def test_another_project_sees_neither_webhook_nor_deliveries(
    world: World, stranger: TenantId
) -> None:
    made = webhook(world)
    queued(world, made)

    listed = world.functions.call("webhooks_list", stranger)
    deliveries = world.functions.call(
        "webhooks_deliveries", stranger, pathParameters={"webhook_id": made.id}
    )
    unknown = world.functions.call(
        "webhooks_deliveries",
        stranger,
        pathParameters={"webhook_id": "wh_019774200000ffffffffffff"},
    )

    assert listed.json["data"] == []
    assert (deliveries.status, unknown.status) == (404, 404)
    same = deliveries.error["message"].replace(made.id, "")
    assert same == unknown.error["message"].replace("wh_019774200000ffffffffffff", "")


@pytest.mark.parametrize(
    "query", [{"limit": "0"}, {"limit": "101"}, {"limit": "x"}, {"after": "msg_1"}], ids=str
)
def test_a_page_that_cannot_be_is_refused(world: World, query: dict[str, str]) -> None:
    made = webhook(world)

    answer = world.functions.call(
        "webhooks_deliveries",
        world.tenant,
        pathParameters={"webhook_id": made.id},
        queryStringParameters=query,
    )

    assert answer.status == 400
    assert answer.error["param"] in query


def test_a_message_about_a_webhook_that_is_gone_does_nothing(world: World) -> None:
    made = webhook(world)
    queued(world, made)
    receivers = answering(world, Attempt(status_code=200))
    world.ports.webhooks.remove(world.tenant, made.id)

    assert deliver(world, made) == {"batchItemFailures": []}
    assert deliver(world, made, delivery="msg_019774200000ffffffffffff") == {
        "batchItemFailures": []
    }

    assert receivers.sent == []


def test_a_message_about_another_project_s_webhook_does_nothing(
    world: World, stranger: TenantId
) -> None:
    made = webhook(world)
    queued(world, made)
    receivers = answering(world, Attempt(status_code=200))
    event = message(world, made)
    event["Records"][0]["body"] = json.dumps({"project": stranger, "webhook": made.id})

    assert world.functions.invoke("on_delivery", event) == {"batchItemFailures": []}

    assert receivers.sent == []


def test_a_dead_letter_says_what_it_is_about_and_is_sent_when_it_is_moved_back(
    world: World,
) -> None:
    made = webhook(world)
    delivery = queued(world, made, age=300_000)
    answering(world, Attempt(status_code=500))
    deliver(world, made)

    [letter] = messages(world, world.stack.settings.deliveries_dead_letters_url)
    receivers = answering(world, Attempt(status_code=200))
    event = message(world, made)
    event["Records"][0]["body"] = json.dumps(letter)
    world.functions.invoke("on_delivery", event)

    assert letter == {
        "project": world.tenant,
        "webhook": made.id,
        "delivery": delivery.id,
        "event": "file.processed",
        "object": delivery.object_id,
        "error": "HTTP 500",
    }
    assert [headers["webhook-id"] for _, headers, _ in receivers.sent] == [delivery.id]
