"""`larder webhook`, on moto."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from larder.domain.deliveries import Attempt
from larder.services.webhooks.deliver import Deliver
from larder_operator.commands import webhook_deliveries
from tests.fakes.webhooks import ScriptedReceivers
from tests.integration.local_stack import local_stack, nowhere
from tests.support.cli import Printed, larder

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from larder.runtime.composition import Composition

__all__ = ["local_stack", "nowhere"]

pytestmark = pytest.mark.usefixtures("local_stack")

URL = "https://receiver.example/hook"


def webhook(verb: str, *arguments: str) -> Printed:
    return larder("webhook", verb, "demo", *arguments)


def add(*options: str) -> dict[str, Any]:
    made: dict[str, Any] = webhook("add", URL, "--json", *options).json
    return made


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook_deliveries, "TEST_SECONDS", 0)


def attempt(ports: Composition, tenant: TenantId, webhook_id: Any, answer: Attempt) -> None:
    receivers = ScriptedReceivers()
    receivers.answer = lambda _: answer
    Deliver(
        ports.webhooks,
        ports.deliveries,
        ports.wake_ups,
        receivers,
        ports.webhook_secret,
        ports.jitter,
        ports.clock,
    )(tenant, webhook_id, keep_going=lambda: not receivers.sent, report=lambda *_: None)


def test_add_prints_the_secret_alone(tenant: TenantId, ports: Composition) -> None:
    added = webhook("add", URL, "--events", "batch.failed, file.failed")

    [made] = ports.webhooks.list(tenant)
    assert added.stdout.startswith("whsec_")
    assert len(added.stdout.splitlines()) == 1
    assert made.id in added.stderr
    assert (made.url, made.events) == (URL, ("file.failed", "batch.failed"))


@pytest.mark.usefixtures("tenant")
def test_all_events_are_sent_unless_some_are_named() -> None:
    assert len(add()["events"]) == 7


@pytest.mark.usefixtures("tenant")
@pytest.mark.parametrize(
    "arguments", [["http://receiver.example/"], ["https://10.0.0.1/"], [URL, "--events", "x"]]
)
def test_what_cannot_be_added_is_refused(arguments: list[str]) -> None:
    refused = webhook("add", *arguments)

    assert refused.exit_code == 1
    assert refused.stdout == ""


@pytest.mark.usefixtures("tenant")
def test_webhooks_are_listed_and_removed() -> None:
    made = add()

    listed = webhook("list")
    removed = webhook("remove", made["id"])

    assert made["id"] in listed.stdout
    assert "whsec_" not in listed.stdout
    assert made["id"] in removed.stderr
    assert webhook("list", "--json").json == []
    assert webhook("remove", made["id"]).exit_code == 1


@pytest.mark.usefixtures("tenant")
def test_rotate_prints_another_secret() -> None:
    made = add()

    rotated = webhook("rotate", made["id"], "--json").json

    assert rotated["id"] == made["id"]
    assert rotated["secret"] not in {made["secret"], ""}


def test_a_test_that_nobody_answers_fails_and_shows_among_the_deliveries(
    tenant: TenantId, ports: Composition
) -> None:
    made = add()

    tested = webhook("test", made["id"])
    attempt(ports, tenant, made["id"], Attempt(error="Timed out."))
    [listed] = webhook("deliveries", made["id"], "--json").json

    assert tested.exit_code == 1
    assert (listed["event"], listed["status"]) == ("webhook.test", "retrying")
    assert "Timed out." in webhook("deliveries", made["id"]).stdout


def test_what_was_given_up_is_sent_once_more(tenant: TenantId, ports: Composition) -> None:
    made = add()
    webhook("test", made["id"])
    [sent] = ports.deliveries.page(tenant, made["id"], limit=1, after=None).deliveries
    attempt(ports, tenant, made["id"], Attempt(status_code=410))
    ports.deliveries.record(
        tenant,
        ports.deliveries.get(tenant, made["id"], sent.id) or sent,
        sent.given_up("The webhook is disabled."),
    )

    refused = webhook("redeliver", made["id"], "--failed")
    enabled = webhook("enable", made["id"])
    again = webhook("redeliver", made["id"], "--failed", "--json").json

    assert "disabled" in webhook("list").stdout or enabled.exit_code == 0
    assert refused.exit_code == 1
    assert [each["id"] for each in again] == [sent.id]
    assert webhook("redeliver", made["id"]).exit_code == 2
