"""The limit of requests per API key and second, over many containers."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from larder.domain.errors import RateLimitError
from larder.services.projects.limit_rate import LARGEST_HANDFUL, MAX_KEYS, LimitRate
from tests.fakes.clock import ManualClock
from tests.fakes.request_rates import InMemoryRequestRates

KEY, OTHER = "key_a", "key_b"


class CountingRates(InMemoryRequestRates):
    """Counts how often it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    def add(self, key_id: str, second: int, requests: int) -> int:
        self.asked += 1
        return super().add(key_id, second, requests)


@pytest.fixture
def rates() -> CountingRates:
    return CountingRates()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def admitted(limit: LimitRate, requests: int, key: str = KEY) -> int:
    """Return how many of the requests pass."""
    passed = 0
    for _ in range(requests):
        try:
            limit(key)
        except RateLimitError:
            continue
        passed += 1
    return passed


def test_a_key_makes_exactly_as_many_requests_as_it_may(
    rates: CountingRates, clock: ManualClock
) -> None:
    limit = LimitRate(rates, 50, clock)

    assert admitted(limit, 80) == 50


def test_the_refusal_names_the_rate(rates: CountingRates, clock: ManualClock) -> None:
    limit = LimitRate(rates, 1, clock)
    limit(KEY)

    with pytest.raises(RateLimitError, match="more than 1 requests per second"):
        limit(KEY)


def test_the_next_second_begins_anew(rates: CountingRates, clock: ManualClock) -> None:
    limit = LimitRate(rates, 5, clock)
    assert admitted(limit, 9) == 5

    clock.advance(1)

    assert admitted(limit, 9) == 5


def test_one_key_leaves_another_its_share(rates: CountingRates, clock: ManualClock) -> None:
    limit = LimitRate(rates, 5, clock)
    admitted(limit, 1_000)

    assert admitted(limit, 5, OTHER) == 5


def test_a_busy_key_costs_few_writes_and_a_refused_one_costs_none(
    rates: CountingRates, clock: ManualClock
) -> None:
    limit = LimitRate(rates, 50, clock)

    admitted(limit, 50)
    assert rates.asked == 7  # 1, 2, 4, 8, 16, 16, and the last 3
    admitted(limit, 1_000)

    assert rates.asked == 8


def test_a_quiet_key_takes_one_permit_at_a_time(rates: CountingRates, clock: ManualClock) -> None:
    limit = LimitRate(rates, 50, clock)

    for _ in range(5):
        limit(KEY)
        clock.advance(1)

    assert set(rates.requests.values()) == {1}


@given(
    containers=st.integers(1, 8),
    order=st.lists(st.integers(0, 7), min_size=1, max_size=200),
    rate=st.integers(1, 60),
)
def test_containers_together_never_exceed_the_rate_nor_waste_half_of_it(
    containers: int, order: list[int], rate: int
) -> None:
    rates, clock = InMemoryRequestRates(), ManualClock()
    limits = [LimitRate(rates, rate, clock) for _ in range(containers)]
    passed: Counter[int] = Counter()
    refused = 0

    for chosen in order:
        container = chosen % containers
        count = admitted(limits[container], 1)
        passed[container] += count
        refused += 1 - count

    assert passed.total() <= rate
    if refused:
        # No container holds more than it has used, nor more than its largest handful.
        idle = sum(min(used, LARGEST_HANDFUL) for used in passed.values())
        assert passed.total() + idle >= rate


def test_a_container_holds_a_bounded_number_of_keys(
    rates: CountingRates, clock: ManualClock
) -> None:
    limit = LimitRate(rates, 5, clock)

    for number in range(MAX_KEYS + 10):
        limit(f"key_{number}")

    assert len(limit._held) == MAX_KEYS


def test_all_keys_together_make_as_many_requests_as_they_may(
    rates: CountingRates, clock: ManualClock
) -> None:
    containers = [LimitRate(rates, 50, clock, total_rate=60) for _ in range(2)]

    passed = sum(admitted(each, 40, key) for each in containers for key in (KEY, OTHER))

    assert passed == 60
    clock.advance(1)
    assert admitted(containers[0], 1) == 1


def test_the_refusal_says_whose_limit_it_is(rates: CountingRates, clock: ManualClock) -> None:
    limit = LimitRate(rates, 0, clock, total_rate=1)
    limit(KEY)

    with pytest.raises(RateLimitError, match="All API keys together make more than 1"):
        limit(OTHER)


def test_a_rate_of_nought_limits_nothing_and_counts_nothing(
    rates: CountingRates, clock: ManualClock
) -> None:
    assert admitted(LimitRate(rates, 0, clock), 500) == 500
    assert rates.asked == 0
