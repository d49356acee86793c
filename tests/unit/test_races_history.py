"""The reference model of the races: which histories it explains and which it refuses."""

from __future__ import annotations

import pytest

from tests.races.history import Seen, explained, final_states


def history(*seen: tuple[str, str, float, float]) -> list[Seen]:
    return [Seen(*each) for each in seen]


CREATED = ("create", "ok", 0, 1)


@pytest.mark.parametrize(
    "seen",
    [
        pytest.param([CREATED, ("delete", "ok", 2, 3), ("get", "missing", 4, 5)], id="in order"),
        pytest.param([CREATED, ("delete", "ok", 2, 6), ("get", "ok", 3, 4)], id="read before"),
        pytest.param([CREATED, ("delete", "ok", 2, 6), ("get", "missing", 3, 4)], id="read after"),
        pytest.param(
            [
                CREATED,
                ("trash", "ok", 2, 3),
                ("restore", "ok", 4, 5),
                ("trash", "ok", 6, 7),
                ("purge", "ok", 8, 9),
            ],
            id="to the trash and back",
        ),
        pytest.param(
            [
                ("announce", "ok", 0, 1),
                ("put", "ok", 2, 3),
                ("get", "ok", 4, 5),
                ("complete", "ok", 6, 7),
            ],
            id="completed by its bytes",
        ),
    ],
)
def test_a_history_that_some_order_explains(seen: list[tuple[str, str, float, float]]) -> None:
    assert explained(history(*seen))


@pytest.mark.parametrize(
    "seen",
    [
        pytest.param([CREATED, ("delete", "ok", 2, 3), ("get", "ok", 4, 5)], id="read when gone"),
        pytest.param([CREATED, ("get", "missing", 2, 3)], id="not read when there"),
        pytest.param([CREATED, ("delete", "ok", 2, 4), ("delete", "ok", 3, 5)], id="deleted twice"),
        pytest.param([CREATED, ("purge", "ok", 2, 3)], id="purged without being trashed"),
        pytest.param(
            [CREATED, ("delete", "ok", 2, 5), ("get", "missing", 3, 4), ("get", "ok", 4.5, 4.8)],
            id="back from the dead",
        ),
        pytest.param(
            [
                ("announce", "ok", 0, 1),
                ("put", "ok", 2, 3),
                ("complete", "ok", 4, 5),
                ("cancel", "ok", 6, 7),
            ],
            id="cancelled when completed",
        ),
    ],
)
def test_a_history_that_no_order_explains(seen: list[tuple[str, str, float, float]]) -> None:
    assert not explained(history(*seen))


def test_of_two_that_overlap_either_may_be_last() -> None:
    seen = history(CREATED, ("trash", "ok", 2, 3), ("restore", "ok", 4, 6), ("trash", "ok", 5, 7))

    assert final_states(seen) == {"trash"}
    assert final_states(seen[:3]) == {"live"}
