"""Webhooks: where they may lead, how they are signed, and how long a delivery is tried."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest
import standardwebhooks
from openai import OpenAI

from larder.domain.deliveries import DELAYS, GIVE_UP_SECONDS, Attempt, Delivery, DeliveryStatus
from larder.domain.errors import InvalidParameterError
from larder.domain.events import EventType
from larder.domain.ids import WebhookId
from larder.domain.webhook_secrets import SecretVersion, derive_secret, signed_headers
from larder.domain.webhook_urls import checked_url, public
from larder.domain.webhooks import (
    BREAK_AFTER,
    Health,
    Webhook,
    checked_events,
    delivery_of,
    why_disabled,
)
from tests.fakes.clock import START
from tests.samples import an_event

NOW = int(START)
ID = WebhookId("wh_0190b1a2c3d4a1b2c3d4e5f6")
WEBHOOK = Webhook(ID, "https://a.example", tuple(EventType), NOW, (SecretVersion("salt"),))
OK, FAILED = Attempt(status_code=204), Attempt(status_code=500)

NOT_PUBLIC = [
    "0.0.0.0",  # noqa: S104
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "169.254.170.2",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::8.8.8.8",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::ffff:a9fe:a9fe",
    "64:ff9b::808:808",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "127.1",
    "localhost",
]
IN_DISGUISE = [
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.1",
    "127.1",
    "127.0.0.1.",
    "169.254.43518",
    "[::ffff:169.254.169.254]",
    "[::1]",
    "[fe80::1]",
    "10.0.0.1",
    "localhost",
    "localhost.",
    "metadata.google.internal",
    "printer.local",
    "a.localhost",
    "0",
    "192.168.1",
    "①②⑦.0.0.1",
]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    assert not public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "8.8.8.8", "172.32.0.1", "2606:4700::1111"])
def test_a_public_address_is_not(address: str) -> None:
    assert public(address)


@pytest.mark.parametrize("host", IN_DISGUISE)
def test_a_host_that_cannot_be_public_is_refused_when_it_is_added(host: str) -> None:
    with pytest.raises(InvalidParameterError):
        checked_url(f"https://{host}/hook", private=False)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "http://example.com/",
        "ftp://example.com/",
        "https://",
        "https:///path",
        "https://user@example.com/",
        "https://user:password@example.com/",
        "https://example.com/#fragment",
        "https://example.com:0/",
        "https://example.com:70000/",
        "https://example.com:http/",
        "https://exämple.com/",
        "https://example.com/a b",
        "https://example.com/\r\nX-Header: 1",
        "https://example.com\\@10.0.0.1/",
        "https://[::1/",
        "https://example.com/" + "a" * 2_048,
    ],
)
def test_a_url_that_is_not_one_is_refused(url: str) -> None:
    with pytest.raises(InvalidParameterError) as refused:
        checked_url(url, private=False)

    assert refused.value.param == "url"


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "https://a.example:8443/h?x=1",
        "https://8.8.8.8/",
        "https://123.example/",
    ],
)
def test_a_public_url_is_taken(url: str) -> None:
    assert checked_url(url, private=False) == url


def test_a_parameter_allows_private_hosts_and_http() -> None:
    for url in ("http://127.0.0.1:9/", "http://localhost/", "https://10.0.0.1/"):
        assert checked_url(url, private=True) == url


@pytest.mark.parametrize("events", [[], ["file.deleted"], ["file.processed", ""], ["FILE.FAILED"]])
def test_events_that_do_not_exist_are_refused(events: list[str]) -> None:
    with pytest.raises(InvalidParameterError, match=r"file\.processed"):
        checked_events(events)


def test_events_are_kept_in_their_order_and_once() -> None:
    wanted = ["batch.failed", "file.failed", "batch.failed"]

    assert checked_events(wanted) == ("file.failed", "batch.failed")


def signed(secrets: list[str], now: int | None = None) -> tuple[bytes, dict[str, str]]:
    delivery = delivery_of(an_event(), WEBHOOK)
    return delivery.body, signed_headers(delivery, secrets, NOW if now is None else now)


@pytest.fixture
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the libraries take the tests' time for now."""
    import time  # noqa: PLC0415

    class At(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return cls.fromtimestamp(NOW, tz)

    monkeypatch.setattr(time, "time", lambda: NOW)
    monkeypatch.setattr(standardwebhooks.webhooks, "datetime", At)


@pytest.mark.usefixtures("_now")
def test_openai_s_sdk_verifies_and_reads_a_delivery() -> None:
    secret = derive_secret(b"master", ID, SecretVersion("salt"))
    event = an_event(type=EventType.BATCH_COMPLETED, object_id="batch_1")
    delivery = delivery_of(event, WEBHOOK)
    headers = signed_headers(delivery, [secret], NOW)

    client: Any = OpenAI(api_key="none")
    read = client.webhooks.unwrap(delivery.body.decode(), headers, secret=secret)

    assert (read.type, read.id, read.created_at) == ("batch.completed", event.id, NOW)
    assert (read.data.id, read.object) == ("batch_1", "event")


@pytest.mark.usefixtures("_now")
def test_standard_webhooks_verifies_a_delivery() -> None:
    secret = derive_secret(b"master", ID, SecretVersion("salt"))
    body, headers = signed([secret])

    read = standardwebhooks.Webhook(secret).verify(body, headers)

    assert read == json.loads(body)
    assert set(read) == {"id", "object", "created_at", "type", "data"}


@pytest.mark.usefixtures("_now")
def test_after_a_rotation_both_secrets_verify() -> None:
    old, new = (derive_secret(b"master", ID, SecretVersion(salt)) for salt in ("a", "b"))
    body, headers = signed([new, old])

    for secret in (old, new):
        standardwebhooks.Webhook(secret).verify(body, headers)
    another = standardwebhooks.Webhook(derive_secret(b"master", ID, SecretVersion("c")))
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        another.verify(body, headers)


def test_a_replaced_secret_signs_until_its_time_is_over() -> None:
    rotated = replace(WEBHOOK, secrets=WEBHOOK.rotated("new", NOW + 60))

    assert [each.salt for each in rotated.signing(NOW)] == ["new", "salt"]
    assert [each.salt for each in rotated.signing(NOW + 60)] == ["new"]


def test_secrets_differ_by_webhook_by_version_and_by_deployment() -> None:
    other = WebhookId("wh_0190b1a2c3d4ffffffffffff")
    secrets = {
        derive_secret(b"master", ID, SecretVersion("a")),
        derive_secret(b"master", ID, SecretVersion("b")),
        derive_secret(b"master", other, SecretVersion("a")),
        derive_secret(b"another", ID, SecretVersion("a")),
    }

    assert len(secrets) == 4
    for secret in secrets:
        assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32


def test_a_repeated_event_is_the_same_delivery() -> None:
    event = an_event()

    assert delivery_of(event, WEBHOOK) == delivery_of(event, WEBHOOK)
    other = replace(WEBHOOK, id=WebhookId("wh_0190b1a2c3d4ffffffffffff"))
    assert delivery_of(event, WEBHOOK).id != delivery_of(event, other).id


def until_it_ends(delivery: Delivery, jitter: float) -> list[int]:
    """Return the seconds after the event at which each attempt is made, until it is given up."""
    times = []
    while delivery.next_at is not None:
        times.append(delivery.next_at - NOW)
        delivery = delivery.after(FAILED, delivery.next_at, jitter)
    assert delivery.status is DeliveryStatus.FAILED
    return times


@pytest.mark.parametrize("jitter", [0.0, 0.5, 1.0])
def test_a_delivery_is_tried_for_three_days_less_and_less_often(jitter: float) -> None:
    times = until_it_ends(delivery_of(an_event(), WEBHOOK), jitter)

    assert times[0] == 0
    assert times[-1] == GIVE_UP_SECONDS
    assert 12 <= len(times) <= 16
    pauses = [after - before for before, after in pairwise(times)]
    assert pauses[:-1] == sorted(pauses[:-1])
    assert max(pauses) <= DELAYS[-1] * 1.2


def test_an_attempt_that_was_late_is_still_made_once_before_it_is_given_up() -> None:
    delivery = delivery_of(an_event(), WEBHOOK)

    late = delivery.after(FAILED, NOW + GIVE_UP_SECONDS + 9, 0)

    assert (late.status, late.attempts, late.last_error) == (DeliveryStatus.FAILED, 1, "HTTP 500")


@pytest.mark.parametrize("code", [200, 201, 204, 299])
def test_any_2xx_is_taken(code: int) -> None:
    delivered = delivery_of(an_event(), WEBHOOK).after(Attempt(status_code=code), NOW, 0)

    assert (delivered.status, delivered.next_at) == (DeliveryStatus.DELIVERED, None)


@pytest.mark.parametrize("code", [100, 199, 300, 301, 302, 304, 307, 308, 400, 404, 429, 500])
def test_everything_else_is_tried_again_a_redirect_too(code: int) -> None:
    delivery = delivery_of(an_event(), WEBHOOK).after(Attempt(status_code=code), NOW, 0)

    assert (delivery.status, delivery.next_at) == (DeliveryStatus.RETRYING, NOW + DELAYS[0])


def test_a_delivery_that_is_sent_once_more_keeps_its_id_and_body() -> None:
    delivery = delivery_of(an_event(), WEBHOOK)
    failed = delivery.after(FAILED, NOW + GIVE_UP_SECONDS, 0)

    again = failed.again(NOW + 10**6)

    assert (again.id, again.body) == (delivery.id, delivery.body)
    assert again.give_up_at == NOW + 10**6 + GIVE_UP_SECONDS


def test_a_webhook_that_fails_in_a_row_is_left_alone_longer_and_longer() -> None:
    health, now, pauses = Health(), NOW, []
    for _ in range(20):
        health = health.after(FAILED, now, 0)
        pauses.append(max(0, health.blocked_until - now))
        now = max(now, health.blocked_until)

    assert pauses[: BREAK_AFTER - 1] == [0] * (BREAK_AFTER - 1)
    assert pauses[BREAK_AFTER - 1 :] == sorted(pauses[BREAK_AFTER - 1 :])
    assert pauses[BREAK_AFTER - 1] == DELAYS[1]
    assert pauses[-1] == DELAYS[-1]


def test_one_success_makes_it_healthy() -> None:
    assert Health(9, NOW, NOW + 9).after(OK, NOW, 0) == Health()


def test_a_webhook_is_disabled_when_it_has_failed_for_three_days() -> None:
    now = NOW + GIVE_UP_SECONDS
    failed = delivery_of(an_event(), WEBHOOK).after(FAILED, now, 0)

    assert why_disabled(failed, FAILED, Health(9, NOW + 60), now) is not None
    # Something was delivered a day ago: it is this event that it does not take.
    assert why_disabled(failed, FAILED, Health(9, now - 86_400), now) is None


def test_a_webhook_is_disabled_at_once_when_its_receiver_is_gone() -> None:
    gone = Attempt(status_code=410)
    delivery = delivery_of(an_event(), WEBHOOK).after(gone, NOW, 0)

    assert why_disabled(delivery, gone, Health(1, NOW), NOW) is not None


def test_an_event_goes_only_where_it_is_wanted() -> None:
    event = an_event()

    assert WEBHOOK.wants(event)
    assert not replace(WEBHOOK, events=("batch.completed",)).wants(event)
    assert not replace(WEBHOOK, disabled_because="x").wants(event)
