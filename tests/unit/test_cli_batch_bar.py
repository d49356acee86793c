"""What the bar of a batch says: how far it is, how fast, and when it ends."""

from __future__ import annotations

from typing import Any

import pytest

from larder_cli.shared.batch_bar import Rate, describe
from larder_client.batches.models import Batch, BatchUsage, RequestCounts


def batch(tokens: int = 0, **counts: int) -> Batch:
    fields: dict[str, Any] = {
        "id": "batch_1",
        "endpoint": "/v1/chat/completions",
        "input_file_id": "file-1",
        "completion_window": "24h",
        "status": "in_progress",
        "created_at": 1,
    }
    usage = BatchUsage(total_tokens=tokens)
    return Batch(request_counts=RequestCounts(**counts), usage=usage, **fields)


def rate(*samples: tuple[float, int]) -> float:
    made = Rate()
    for at, answered in samples:
        made.add(answered, at)
    return made.per_second


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        ([], 0.0),
        ([(0, 500)], 0.0),
        ([(0, 500), (10, 550)], 5.0),
        ([(0, 500), (10, 550), (20, 550)], 2.5),
    ],
    ids=["none", "one", "two", "three"],
)
def test_the_rate_is_what_was_answered_since_the_first_look(
    samples: list[tuple[float, int]], expected: float
) -> None:
    assert rate(*samples) == expected


def test_waiting_for_the_first_answer_does_not_count() -> None:
    assert rate((0, 0), (1_000, 0), (1_010, 50)) == 5.0


def test_the_rate_is_that_of_the_last_two_minutes() -> None:
    assert rate((0, 1), (10, 10_000), (125, 10_115)) == 1.0


def test_a_batch_that_is_not_validated_says_nothing() -> None:
    assert describe(batch(), 0.0) == ""


def test_the_end_is_estimated_from_the_rate() -> None:
    running = batch(12_345, total=5_000, completed=990, failed=10)

    assert describe(running, 2.0) == "1,000/5,000, 10 failed, 2.0/s, 0:33:20 left, 12.3k tokens"


@pytest.mark.parametrize(
    ("tokens", "text"), [(999, "999"), (1_000_000, "1.0M"), (10**13, "10000.0G")]
)
def test_tokens_are_short(tokens: int, text: str) -> None:
    assert describe(batch(tokens, total=1), 0.0) == f"0/1, {text} tokens"


def test_nothing_is_left_when_all_is_answered() -> None:
    assert describe(batch(total=3, completed=3), 2.0) == "3/3"
