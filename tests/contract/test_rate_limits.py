"""What upstreams may be asked for: never more in a window than its limits, whoever asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from larder.services.batches.model_ports import Grant
from tests.backends.memory import MemoryBackend
from tests.fakes.clock import START
from tests.samples import an_upstream

if TYPE_CHECKING:
    from larder.domain.upstreams import Upstream
    from tests.backends.aws import AwsBackend
    from tests.backends.backend import Backend

NOW = START + 20  # When a minute begins, and so a window.


def take(
    backend: Backend, upstream: Upstream, requests: int = 10, tokens: int = 1, *, at: float = NOW
) -> int:
    return backend.limits.take(upstream, at, requests=requests, tokens=tokens).requests


def test_requests_are_granted_until_the_window_is_used_up(backend: Backend) -> None:
    upstream = an_upstream(requests_per_minute=150)

    granted = [backend.limits.take(upstream, NOW + 9, requests=10, tokens=1) for _ in range(4)]

    assert granted == [
        Grant(10, NOW + 10), Grant(10, NOW + 10), Grant(5, NOW + 10), Grant(0, NOW + 10),
    ]  # fmt: skip


def test_the_next_window_is_as_large(backend: Backend) -> None:
    upstream = an_upstream(requests_per_minute=60)
    assert take(backend, upstream, at=NOW + 9.99) == 10
    assert take(backend, upstream, at=NOW + 9.99) == 0

    assert backend.limits.take(upstream, NOW + 10, requests=4, tokens=1) == Grant(4, NOW + 20)
    assert take(backend, upstream, at=NOW + 10) == 6
    assert take(backend, upstream, at=NOW + 10) == 0


def test_a_limit_below_one_a_second_holds_for_the_minute(backend: Backend) -> None:
    upstream = an_upstream(requests_per_minute=59)
    minute_ends = NOW + 60

    assert take(backend, upstream, 50) == 50
    assert backend.limits.take(upstream, NOW + 59, requests=10, tokens=1) == Grant(9, minute_ends)
    assert backend.limits.take(upstream, NOW + 59, requests=10, tokens=1) == Grant(0, minute_ends)
    assert take(backend, upstream, at=minute_ends) == 10


def test_one_request_a_minute_is_one(backend: Backend) -> None:
    upstream = an_upstream(requests_per_minute=1, tokens_per_minute=1_000_000)

    assert [take(backend, upstream, at=NOW + second) for second in (0, 10, 30)] == [1, 0, 0]


def test_tokens_are_granted_until_the_window_is_used_up(backend: Backend) -> None:
    upstream = an_upstream(tokens_per_minute=6_000)

    assert take(backend, upstream, 10, 60) == 10
    assert take(backend, upstream, 10, 60) == 6
    assert take(backend, upstream, 10, 60) == 0
    assert take(backend, upstream, 10, 15) == 2
    assert take(backend, upstream, 10, 10) == 1
    assert take(backend, upstream, 10, 1) == 0


def test_the_tighter_of_both_limits_holds(backend: Backend) -> None:
    upstream = an_upstream(requests_per_minute=60, tokens_per_minute=6_000)

    assert take(backend, upstream, 10, 300) == 3
    assert take(backend, upstream, 10, 1) == 7
    assert take(backend, upstream, 10, 1) == 0


def test_a_request_that_no_window_holds_is_paid_for_by_those_after_it(backend: Backend) -> None:
    upstream = an_upstream(tokens_per_minute=6_000)

    assert take(backend, upstream, 10, 2_500) == 1

    windows = [take(backend, upstream, 10, 100, at=NOW + second) for second in (0, 10, 20, 30)]
    assert windows == [0, 0, 5, 10]


def test_a_request_of_more_than_a_minute_takes_a_minute(backend: Backend) -> None:
    upstream = an_upstream(tokens_per_minute=6_000)

    assert take(backend, upstream, 10, 1_000_000) == 1

    assert [take(backend, upstream, 10, 1_000_000, at=NOW + s) for s in range(0, 61, 10)] == [
        0, 0, 0, 0, 0, 0, 1,
    ]  # fmt: skip


def test_a_large_request_is_not_kept_waiting_by_small_ones(backend: Backend) -> None:
    upstream = an_upstream(tokens_per_minute=6_000)
    assert take(backend, upstream, 1, 999) == 1

    assert take(backend, upstream, 1, 1_500) == 1
    assert take(backend, upstream, 1, 1) == 0


@pytest.mark.parametrize("limits", [{}, {"requests_per_minute": 600}, {"tokens_per_minute": 600}])
def test_without_a_limit_all_are_granted(backend: Backend, limits: dict[str, Any]) -> None:
    upstream = an_upstream(**limits)

    asked = 100 if limits else 100_000

    assert take(backend, upstream, asked) == asked


def test_nothing_asked_for_is_nothing_granted(backend: Backend) -> None:
    assert take(backend, an_upstream(requests_per_minute=60), 0) == 0


def test_upstreams_are_counted_apart(backend: Backend) -> None:
    one, two = (an_upstream(name, requests_per_minute=60) for name in ("one", "two"))

    assert [take(backend, one), take(backend, one), take(backend, two)] == [10, 0, 10]


def test_a_limit_may_change_in_a_window(backend: Backend) -> None:
    assert take(backend, an_upstream(requests_per_minute=60)) == 10

    assert take(backend, an_upstream(requests_per_minute=120), 100) == 10
    assert take(backend, an_upstream(requests_per_minute=60)) == 0


ASKED = st.tuples(
    st.integers(0, 70), st.integers(1, 12), st.integers(1, 150), st.sampled_from(["a", "b"])
)


@given(
    asked=st.lists(ASKED, max_size=40),
    per_minute=st.integers(1, 300),
    tokens=st.one_of(st.none(), st.integers(1, 3_000)),
)
def test_no_window_is_ever_asked_for_more(
    asked: list[tuple[int, int, int, str]], per_minute: int, tokens: int | None
) -> None:
    check_windows(MemoryBackend(), asked, per_minute, tokens)


@given(
    asked=st.lists(ASKED, max_size=20),
    per_minute=st.integers(1, 300),
    tokens=st.one_of(st.none(), st.integers(1, 3_000)),
)
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_both_backends_grant_the_same(
    aws: AwsBackend, asked: list[tuple[int, int, int, str]], per_minute: int, tokens: int | None
) -> None:
    for item in list(aws.stack.items()):
        key = {"pk": item["pk"], "sk": item["sk"]}
        aws.stack.dynamodb.delete_item(TableName="Store", Key=key)

    assert check_windows(aws, asked, per_minute, tokens) == check_windows(
        MemoryBackend(), asked, per_minute, tokens
    )


def check_windows(
    backend: Backend,
    asked: list[tuple[int, int, int, str]],
    per_minute: int,
    tokens_per_minute: int | None,
) -> list[Grant]:
    """Take what is asked for, and check what all got together in each window and minute."""
    limits = {"requests_per_minute": per_minute, "tokens_per_minute": tokens_per_minute}
    upstreams = {name: an_upstream(name, **limits) for name in ("a", "b")}
    grants = []
    requests: dict[tuple[str, float], int] = {}
    tokens: dict[tuple[str, float], int] = {}
    for second, count, size, name in asked:
        grant = backend.limits.take(upstreams[name], NOW + second, requests=count, tokens=size)
        grants.append(grant)
        window = (name, grant.until)
        assert 0 <= grant.requests <= count
        assert NOW + second < grant.until <= NOW + second + 60
        requests[window] = requests.get(window, 0) + grant.requests
        if tokens_per_minute is not None and size <= tokens_per_minute // 6:
            # A larger one is more than a window has.
            tokens[window] = tokens.get(window, 0) + grant.requests * size
    long = per_minute < 60 or (tokens_per_minute is not None and tokens_per_minute < 60)
    assert all(count <= per_minute * (60 if long else 10) // 60 for count in requests.values())
    if tokens_per_minute is not None:
        most = tokens_per_minute * (60 if long else 10) // 60
        assert all(count <= most for count in tokens.values())
    return grants


def test_a_take_is_one_update_or_two(aws: AwsBackend) -> None:
    updates = 0

    def count(**_: Any) -> None:
        nonlocal updates
        updates += 1

    aws.dynamodb.meta.events.register("before-call.dynamodb.*", count, unique_id="count")
    try:
        upstream = an_upstream(requests_per_minute=90)
        assert [(take(aws, upstream), updates) for _ in range(3)] == [(10, 1), (5, 3), (0, 4)]
    finally:
        aws.dynamodb.meta.events.unregister("before-call.dynamodb.*", unique_id="count")


def test_what_was_counted_is_dropped_after_an_hour(aws: AwsBackend) -> None:
    take(aws, an_upstream(requests_per_minute=60, tokens_per_minute=60), tokens=15)
    assert list(aws.stack.items())

    aws.clock.advance(3_600 + 60)
    aws.collect_ttl()

    assert list(aws.stack.items()) == []
