"""What a worker saves for the one after it."""

from __future__ import annotations

from larder.domain.batch_kept import Attempts, Kept, KeptAnswer, KeptGate, decode_kept
from larder.services.batches.saved import Saved

ANSWERS = [KeptAnswer(0, 3, good=True, line=b"{}\n"), KeptAnswer(7, 1, good=False, line=b"{}\n")]
ATTEMPTS = [Attempts(0, 4, 2, 1, 1), Attempts(7, 2, 9, 3, 4)]
GATE = KeptGate("http://model/v1", 12.5, 1_750_000_000.0, 3)


def test_what_is_known_of_chunks_that_were_not_opened_is_saved_again() -> None:
    stored: list[bytes] = []
    saved = Saved(lambda pieces: stored.append(b"".join(pieces)))
    saved.load(b"".join(Kept(ANSWERS, ATTEMPTS, [GATE]).pieces()), now=0.0)

    saved.opened(0)
    saved.save([], [], [GATE], now=1.0)

    assert decode_kept(stored[0]) == Kept([ANSWERS[1]], [ATTEMPTS[1]], [GATE])


def test_attempts_of_the_worker_before_are_found() -> None:
    saved = Saved(lambda _: None)
    saved.load(b"".join(Kept(ANSWERS, ATTEMPTS).pieces()), now=0.0)

    assert saved.attempts_at(7, 2) == ATTEMPTS[1]
    assert saved.attempts_at(7, 3) == Attempts(7, 3)


def test_what_an_earlier_version_has_saved_is_read() -> None:
    assert decode_kept(b"\x92\x90\x90") == Kept()
