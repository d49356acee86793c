"""How connections share what is missing of a file."""

from __future__ import annotations

from larder_client.pieces import SHARED_ABOVE, Piece, Pieces

LARGE = 8 * SHARED_ABOVE


def take(pieces: Pieces) -> Piece:
    piece = pieces.take()
    assert piece is not None
    return piece


def test_the_first_connection_takes_everything() -> None:
    pieces = Pieces([(0, LARGE)])

    piece = take(pieces)

    assert (piece.position, piece.end) == (0, LARGE)


def test_a_further_one_takes_half_of_what_the_busiest_has_before_it() -> None:
    pieces = Pieces([(0, LARGE)])
    first = take(pieces)
    pieces.advance(first, LARGE // 2)

    second = take(pieces)

    assert (first.position, first.end) == (LARGE // 2, LARGE * 3 // 4)
    assert (second.position, second.end) == (LARGE * 3 // 4, LARGE)


def test_gaps_are_taken_before_anything_is_shared() -> None:
    pieces = Pieces([(0, LARGE), (2 * LARGE, 3 * LARGE)])

    bounds = [(piece.position, piece.end) for piece in (take(pieces), take(pieces))]

    assert bounds == [(0, LARGE), (2 * LARGE, 3 * LARGE)]


def test_what_another_one_has_taken_over_is_not_received_twice() -> None:
    pieces = Pieces([(0, LARGE)])
    first = take(pieces)
    second = take(pieces)

    counts = [pieces.advance(first, LARGE // 2 - 10), pieces.advance(first, 100)]

    assert counts == [LARGE // 2 - 10, 10]
    assert first.position == first.end == second.position


def test_little_is_not_shared() -> None:
    pieces = Pieces([(0, SHARED_ABOVE - 1)])
    take(pieces)

    assert pieces.take() is None


def test_nobody_waits_once_all_is_there() -> None:
    pieces = Pieces([(0, 10)], ramp=3_600)
    pieces.done(take(pieces))

    pieces.wait_for_turn(1)

    assert pieces.take() is None


def test_nobody_waits_once_one_has_failed() -> None:
    pieces = Pieces([(0, LARGE), (2 * LARGE, 3 * LARGE)], ramp=3_600)
    take(pieces)

    pieces.stop()
    pieces.wait_for_turn(3)

    assert pieces.take() is None
