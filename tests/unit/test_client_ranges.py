"""How connections share the missing ranges of a file."""

from __future__ import annotations

import pytest

from larder_client.transfer.ranges import MIN_SPLIT, Range, RangeQueue
from tests.fakes.clock import ManualClock

LARGE = 8 * MIN_SPLIT


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def queue_of(clock: ManualClock, *gaps: tuple[int, int]) -> RangeQueue:
    return RangeQueue(list(gaps), ramp=1, clock=clock)


def offered(queue: RangeQueue) -> Range:
    taken = queue.offer()
    assert taken is not None
    return taken


def bounds(taken: Range) -> tuple[int, int]:
    return taken.position, taken.end


def test_the_first_connection_takes_everything(clock: ManualClock) -> None:
    assert bounds(offered(queue_of(clock, (0, LARGE)))) == (0, LARGE)


def test_another_connection_takes_half_of_what_the_busiest_has_left(clock: ManualClock) -> None:
    queue = queue_of(clock, (0, LARGE))
    first = offered(queue)
    clock.advance(10)
    queue.advance(first, LARGE // 2)

    second = offered(queue)

    assert bounds(first) == (LARGE // 2, LARGE * 3 // 4)
    assert bounds(second) == (LARGE * 3 // 4, LARGE)


def test_gaps_are_taken_before_a_range_is_split(clock: ManualClock) -> None:
    queue = queue_of(clock, (0, LARGE), (2 * LARGE, 3 * LARGE))

    assert bounds(offered(queue)) == (0, LARGE)
    assert bounds(offered(queue)) == (2 * LARGE, 3 * LARGE)


def test_bytes_that_another_connection_took_over_are_not_fetched_twice(clock: ManualClock) -> None:
    queue = queue_of(clock, (0, LARGE))
    first = offered(queue)
    clock.advance(10)
    second = offered(queue)

    counts = [queue.advance(first, LARGE // 2 - 10), queue.advance(first, 100)]

    assert counts == [LARGE // 2 - 10, 10]
    assert first.position == first.end == second.position


def test_a_small_range_is_not_split(clock: ManualClock) -> None:
    queue = queue_of(clock, (0, MIN_SPLIT - 1))
    offered(queue)
    clock.advance(10)

    assert queue.offer() is None


def test_a_fast_range_is_not_split(clock: ManualClock) -> None:
    queue = queue_of(clock, (0, LARGE))
    first = offered(queue)
    clock.advance(1)
    queue.advance(first, LARGE // 2)

    assert queue.offer() is None


def test_a_range_that_becomes_slow_is_split(clock: ManualClock) -> None:
    queue = queue_of(clock, (0, LARGE))
    first = offered(queue)
    clock.advance(1)
    queue.advance(first, LARGE // 2)
    clock.advance(60)

    assert queue.offer() is not None


def test_no_connection_waits_once_everything_is_fetched(clock: ManualClock) -> None:
    queue = queue_of(clock, (0, 10))
    queue.done(offered(queue))

    assert queue.take(3_600) is None


def test_no_connection_waits_after_a_stop(clock: ManualClock) -> None:
    queue = queue_of(clock, (0, LARGE), (2 * LARGE, 3 * LARGE))
    offered(queue)

    queue.stop()

    assert queue.take(3_600) is None
