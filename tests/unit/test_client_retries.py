"""What the client retries, and when: by the rules of OpenAI's SDKs."""

from __future__ import annotations

from email.utils import formatdate

import httpx
import pytest

from larder_client.errors import ConnectionFailedError
from larder_client.flow.retries import RetryPolicy, send_with_retries
from larder_client.flow.steps import Reply, Request, Sleep

NOW = 1_800_000_000.0
POLICY = RetryPolicy(now=lambda: NOW, chance=lambda: 0.0)
REQUEST = Request("GET", "/usage")


def reply(status: int, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, httpx.Headers(named), b"")


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 529])
def test_temporary_errors_are_retried(status: int) -> None:
    assert POLICY.should_retry(reply(status))


@pytest.mark.parametrize("status", [200, 206, 302, 400, 401, 403, 404, 412, 413, 416, 422])
def test_permanent_errors_are_not_retried(status: int) -> None:
    assert not POLICY.should_retry(reply(status))


@pytest.mark.parametrize(("status", "header"), [(409, "false"), (400, "true")])
def test_the_server_overrides_the_rule(status: int, header: str) -> None:
    assert POLICY.should_retry(reply(status, x_should_retry=header)) == (header == "true")


@pytest.mark.parametrize(
    ("headers", "delay"),
    [
        ({"retry_after": "3"}, 3.0),
        ({"retry_after": "0.5"}, 0.5),
        ({"retry_after": "120"}, 120.0),
        ({"retry_after_ms": "250", "retry_after": "3"}, 0.25),
        ({"retry_after": formatdate(NOW + 7, usegmt=True)}, 7.0),
    ],
)
def test_the_server_sets_the_delay(headers: dict[str, str], delay: float) -> None:
    assert POLICY.delay(0, reply(429, **headers).headers) == delay


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"retry_after": "soon"},
        {"retry_after": "nan"},
        {"retry_after": "-1"},
        {"retry_after": "0"},
        {"retry_after": formatdate(NOW - 7, usegmt=True)},
    ],
)
def test_without_a_valid_header_the_delay_is_the_clients(headers: dict[str, str]) -> None:
    assert POLICY.delay(0, reply(429, **headers).headers) == 0.5


@pytest.mark.parametrize("delay", ["121", "inf", formatdate(NOW + 3_600, usegmt=True)])
def test_a_delay_over_two_minutes_is_not_retried(delay: str) -> None:
    assert not POLICY.should_retry(reply(503, retry_after=delay))


def test_the_delay_doubles_up_to_eight_seconds() -> None:
    delays = [POLICY.delay(retry) for retry in (0, 1, 2, 3, 4, 5, 100_000)]

    assert delays == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0]


@pytest.mark.parametrize(("chance", "delay"), [(0.0, 1.0), (0.5, 0.875), (1.0, 0.75)])
def test_jitter_shortens_the_delay_by_up_to_a_quarter(chance: float, delay: float) -> None:
    assert RetryPolicy(chance=lambda: chance).delay(1) == delay


def test_the_last_reply_is_returned_after_all_retries() -> None:
    flow = send_with_retries(POLICY, lambda: REQUEST)

    steps = [next(flow)]
    for _ in range(2):
        steps.append(flow.send(reply(503)))
        steps.append(flow.send(None))
    with pytest.raises(StopIteration) as end:
        flow.send(reply(503))

    assert steps == [REQUEST, Sleep(0.5), REQUEST, Sleep(1.0), REQUEST]
    assert end.value.value.status == 503


def test_the_third_failed_connection_is_an_error() -> None:
    flow = send_with_retries(POLICY, lambda: REQUEST)

    next(flow)
    for _ in range(2):
        assert isinstance(flow.throw(httpx.ReadTimeout("slow")), Sleep)
        next(flow)

    with pytest.raises(ConnectionFailedError, match="stopped answering"):
        flow.throw(httpx.ReadTimeout("slow"))


def test_progress_resets_the_count_of_retries() -> None:
    received = [0]
    flow = send_with_retries(POLICY, lambda: REQUEST, progress=lambda: sum(received))

    next(flow)
    for _ in range(10):
        received.append(1)
        assert flow.throw(httpx.ReadError("cut")) == Sleep(0.5)
        next(flow)

    assert flow.throw(httpx.ReadError("cut")) == Sleep(1.0)
    next(flow)
    with pytest.raises(ConnectionFailedError):
        flow.throw(httpx.ReadError("cut"))


def test_a_request_that_cannot_be_sent_is_not_retried() -> None:
    flow = send_with_retries(POLICY, lambda: Request("GET", "ftp://larder.test/usage"))
    next(flow)

    with pytest.raises(ConnectionFailedError, match=r"larder\.test"):
        flow.throw(httpx.UnsupportedProtocol("no ftp"))
