"""Counting the requests of API keys by the second."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.backends.backend import Backend

NOW = 1_750_000_000


def test_requests_of_one_second_add_up(backend: Backend) -> None:
    assert backend.rates.add("key_a", NOW, 1) == 1
    assert backend.rates.add("key_a", NOW, 4) == 5


def test_each_second_and_each_key_is_counted_by_itself(backend: Backend) -> None:
    backend.rates.add("key_a", NOW, 4)

    assert backend.rates.add("key_a", NOW + 1, 1) == 1
    assert backend.rates.add("key_b", NOW, 2) == 2
