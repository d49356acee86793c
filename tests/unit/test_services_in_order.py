"""Calls in several threads, in the order of their items and in bounded memory."""

from __future__ import annotations

import threading
from itertools import islice

import pytest

from larder.services.batches.in_order import in_order


class Calls:
    """Calls that wait for each other, and what was held at most."""

    def __init__(self) -> None:
        self.made: list[int] = []
        self._lock = threading.Lock()

    def __call__(self, item: int) -> int:
        with self._lock:
            self.made.append(item)
        return item * item


@pytest.mark.parametrize("threads", [1, 2, 16])
@pytest.mark.parametrize("size", [0, 1, 7, 100])
def test_results_come_in_order_whatever_is_made_ahead(threads: int, size: int) -> None:
    items = ((number, size) for number in range(100))

    found = in_order(Calls(), items, threads=threads, most_bytes=20)

    assert list(found) == [number * number for number in range(100)]


def test_calls_are_made_at_the_same_time() -> None:
    together = threading.Barrier(8)

    found = in_order(
        lambda _: together.wait(5), ((number, 1) for number in range(8)), threads=8, most_bytes=8
    )

    assert sorted(found) == list(range(8))


@pytest.mark.parametrize(("size", "ahead"), [(1, 20), (5, 4), (6, 3), (20, 1), (1_000, 1)])
def test_no_more_is_held_than_may_be(size: int, ahead: int) -> None:
    """What was yielded last is held as well."""
    calls = Calls()

    found = in_order(calls, ((number, size) for number in range(60)), threads=32, most_bytes=20)
    for taken, _ in enumerate(islice(found, 30), start=1):
        assert len(calls.made) <= taken - 1 + ahead
    found.close()  # type: ignore[attr-defined]


def test_one_thread_makes_nothing_ahead() -> None:
    calls = Calls()

    found = in_order(calls, ((number, 0) for number in range(9)), threads=1, most_bytes=1)

    assert next(found) == 0
    assert calls.made == [0]


@pytest.mark.parametrize("threads", [1, 4])
def test_an_error_comes_in_its_turn(threads: int) -> None:
    def call(number: int) -> int:
        return 6 // (number - 3)

    found = in_order(call, ((number, 1) for number in range(9)), threads=threads, most_bytes=9)

    assert [next(found) for _ in range(3)] == [-2, -3, -6]
    with pytest.raises(ZeroDivisionError):
        next(found)
