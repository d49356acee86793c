"""`GET /v1/usage/history` and `GET /v1/upstreams`: what the console shows of a project."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from larder.domain.quota import Amount
from larder.domain.upstreams import Auth
from larder.services.projects.ports import UsageDay
from larder_client import Client
from tests.fakes.larder_http import KEY
from tests.fakes.larder_transports import InProcess
from tests.integration.gateway import Gateway
from tests.integration.space import put
from tests.samples import an_upstream
from tests.support.cli import larder
from tests.support.events import recorded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from larder.domain.ids import TenantId
    from larder.runtime.composition import Composition
    from tests.integration.conftest import Functions

TODAY = datetime.now(UTC).date()


def days_ago(days: int) -> str:
    return (TODAY - timedelta(days=days)).isoformat()


def test_the_days_are_listed_and_today_is_as_it_is_now(
    functions: Functions, tenant: TenantId, ports: Composition
) -> None:
    for days in (31, 29, 5):
        ports.usage.keep_day(tenant, UsageDay(days_ago(days), Amount(files=days, bytes=1)))
    put(functions, tenant)

    listed = functions.call("usage_history", tenant).json

    *past, today = listed["data"]
    assert [(day["date"], day["files"]) for day in past] == [(days_ago(29), 29), (days_ago(5), 5)]
    assert (listed["object"], today["object"]) == ("list", "usage.day")
    assert (today["files"], today["bytes"]) == (1, 8)


def test_the_sweeper_keeps_a_day(
    functions: Functions, tenant: TenantId, ports: Composition
) -> None:
    put(functions, tenant)
    ports.usage.schedule_audit(tenant, at=1)

    functions.invoke("sweep", recorded("sweep"))

    [day] = ports.usage.days(tenant, days_ago(1))
    assert day.used == Amount(files=1, bytes=8)


@pytest.mark.parametrize("days", ["0", "91", "x"])
def test_days_out_of_range_are_refused(functions: Functions, tenant: TenantId, days: str) -> None:
    answer = functions.call("usage_history", tenant, queryStringParameters={"days": days})

    assert (answer.status, answer.error["param"]) == (400, "days")


def test_upstreams_show_no_address_and_no_secret(
    functions: Functions, tenant: TenantId, ports: Composition
) -> None:
    ports.upstreams.put(
        an_upstream(
            "gpu",
            base_url="https://internal.example/v1",
            models=("gpt-*", "*"),
            auth=Auth.BEARER,
            secret_id="larder/upstreams/gpu",
            requests_per_minute=60,
        )
    )

    answer = functions.call("upstreams_list", tenant)

    [shown] = answer.json["data"]
    assert (shown["name"], shown["models"]) == ("gpu", ["gpt-*", "*"])
    assert (shown["requests_per_minute"], shown["tokens_per_minute"]) == (60, None)
    assert (answer.json["first_id"], answer.json["last_id"]) == ("gpu", "gpu")
    assert "internal.example" not in answer.raw
    assert "larder/upstreams" not in answer.raw


def test_without_upstreams_the_list_is_empty(functions: Functions, tenant: TenantId) -> None:
    listed = functions.call("upstreams_list", tenant).json

    assert listed == {
        "object": "list", "data": [], "first_id": "", "last_id": "", "has_more": False,
    }  # fmt: skip


@pytest.fixture
def client(functions: Functions, tenant: TenantId) -> Iterator[Client]:
    gateway = Gateway(functions, tenant)
    with Client(gateway.base_url, KEY, transport=InProcess(gateway)) as made:
        yield made


def test_the_client_reads_the_days(client: Client, ports: Composition, tenant: TenantId) -> None:
    ports.usage.keep_day(tenant, UsageDay(days_ago(1), Amount(files=3, bytes=7)))

    yesterday, today = client.usage_history(days=7)

    assert (yesterday.date, yesterday.files, yesterday.bytes) == (days_ago(1), 3, 7)
    assert (today.date, today.files) == (TODAY.isoformat(), 0)


def test_the_client_and_the_command_list_upstreams(
    client: Client, ports: Composition, monkeypatch: pytest.MonkeyPatch
) -> None:
    ports.upstreams.put(an_upstream("gpu", models=("gpt-*", "o*"), tokens_per_minute=9_000))
    monkeypatch.setattr(
        "larder_cli.commands.batch_list.open_client", lambda *_: nullcontext(client)
    )

    [upstream] = client.batches.upstreams()
    shown = larder("batch", "upstreams")
    [document] = larder("batch", "upstreams", "--json").json["data"]

    assert (upstream.name, upstream.models) == ("gpu", ("gpt-*", "o*"))
    assert ["gpu", "gpt-*,", "o*", "50", "9000"] in [
        line.split() for line in shown.stdout.splitlines()
    ]
    assert (document["tokens_per_minute"], document["requests_per_minute"]) == (9_000, None)
