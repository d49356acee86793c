"""How connections share what is missing of a file."""

from __future__ import annotations

import pytest

from larder_client.transfer.ranges import SHARED_ABOVE, Piece, Pieces
from tests.fakes.clock import ManualClock

LARGE = 8 * SHARED_ABOVE


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def pieces_of(clock: ManualClock, *gaps: tuple[int, int]) -> Pieces:
    return Pieces(list(gaps), ramp=1, clock=clock)


def offered(pieces: Pieces) -> Piece:
    piece = pieces.offer()
    assert piece is not None
    return piece


def bounds(piece: Piece) -> tuple[int, int]:
    return piece.position, piece.end


def test_the_first_connection_takes_everything(clock: ManualClock) -> None:
    assert bounds(offered(pieces_of(clock, (0, LARGE)))) == (0, LARGE)


def test_a_further_one_takes_half_of_what_the_busiest_has_before_it(clock: ManualClock) -> None:
    pieces = pieces_of(clock, (0, LARGE))
    first = offered(pieces)
    clock.advance(10)
    pieces.advance(first, LARGE // 2)

    second = offered(pieces)

    assert bounds(first) == (LARGE // 2, LARGE * 3 // 4)
    assert bounds(second) == (LARGE * 3 // 4, LARGE)


def test_gaps_are_taken_before_anything_is_shared(clock: ManualClock) -> None:
    pieces = pieces_of(clock, (0, LARGE), (2 * LARGE, 3 * LARGE))

    assert bounds(offered(pieces)) == (0, LARGE)
    assert bounds(offered(pieces)) == (2 * LARGE, 3 * LARGE)


def test_what_another_one_has_taken_over_is_not_received_twice(clock: ManualClock) -> None:
    pieces = pieces_of(clock, (0, LARGE))
    first = offered(pieces)
    clock.advance(10)
    second = offered(pieces)

    counts = [pieces.advance(first, LARGE // 2 - 10), pieces.advance(first, 100)]

    assert counts == [LARGE // 2 - 10, 10]
    assert first.position == first.end == second.position


def test_little_is_not_shared(clock: ManualClock) -> None:
    pieces = pieces_of(clock, (0, SHARED_ABOVE - 1))
    offered(pieces)
    clock.advance(10)

    assert pieces.offer() is None


def test_what_is_fetched_soon_anyway_is_not_shared(clock: ManualClock) -> None:
    pieces = pieces_of(clock, (0, LARGE))
    first = offered(pieces)
    clock.advance(1)
    pieces.advance(first, LARGE // 2)

    assert pieces.offer() is None


def test_what_becomes_slow_is_shared_after_all(clock: ManualClock) -> None:
    pieces = pieces_of(clock, (0, LARGE))
    first = offered(pieces)
    clock.advance(1)
    pieces.advance(first, LARGE // 2)
    clock.advance(60)

    assert pieces.offer() is not None


def test_nobody_waits_once_all_is_there(clock: ManualClock) -> None:
    pieces = pieces_of(clock, (0, 10))
    pieces.done(offered(pieces))

    assert pieces.take(3_600) is None


def test_nobody_waits_once_one_has_failed(clock: ManualClock) -> None:
    pieces = pieces_of(clock, (0, LARGE), (2 * LARGE, 3 * LARGE))
    offered(pieces)

    pieces.stop()

    assert pieces.take(3_600) is None
