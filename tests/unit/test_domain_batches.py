"""What a batch may ask for."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from larder.domain.batches import (
    MAX_ERROR_BYTES,
    MAX_ERRORS,
    BatchError,
    checked_metadata,
    errors_kept,
    window_seconds,
)
from larder.domain.errors import InvalidParameterError
from larder.domain.files import DAY, checked_lifetime
from tests.fakes.clock import START as START_TIME
from tests.samples import a_batch

START = int(START_TIME)

SECONDS = "output_expires_after.seconds"


@pytest.mark.parametrize(("window", "hours"), [("24h", 24), ("1h", 1), ("168h", 168)])
def test_a_window_is_whole_hours_up_to_a_week(window: str, hours: int) -> None:
    assert window_seconds(window) == hours * 3_600


@pytest.mark.parametrize("window", ["", "0h", "169h", "24", "1d", "024h", "24h ", "-1h", "9999h"])
def test_another_window_is_refused(window: str) -> None:
    with pytest.raises(InvalidParameterError) as refused:
        window_seconds(window)

    assert refused.value.param == "completion_window"


@pytest.mark.parametrize(
    "metadata", [None, {}, {"a": "b"}, {f"k{n}": "v" * 512 for n in range(16)}, {"k" * 64: ""}]
)
def test_metadata_within_openais_bounds_is_kept(metadata: dict[str, str] | None) -> None:
    assert checked_metadata(metadata) == metadata


@pytest.mark.parametrize(
    "metadata", [{f"k{n}": "" for n in range(17)}, {"k" * 65: ""}, {"k": "v" * 513}]
)
def test_metadata_beyond_openais_bounds_is_refused(metadata: dict[str, str]) -> None:
    with pytest.raises(InvalidParameterError) as refused:
        checked_metadata(metadata)

    assert refused.value.param == "metadata"


def test_output_files_live_an_hour_to_thirty_days() -> None:
    assert checked_lifetime(None, param=SECONDS) is None
    assert checked_lifetime(3_600, param=SECONDS) == 3_600
    assert checked_lifetime(2_592_000, param=SECONDS) == 2_592_000
    for seconds in (3_599, 2_592_001, 0, -1):
        with pytest.raises(InvalidParameterError):
            checked_lifetime(seconds, param=SECONDS)


def test_the_first_thousand_errors_are_kept() -> None:
    errors = [BatchError("c", "m", "p", line) for line in range(MAX_ERRORS + 1)]

    assert errors_kept(errors) == tuple(errors[:MAX_ERRORS])
    assert errors_kept(errors[:3]) == tuple(errors[:3])
    assert errors_kept([]) == ()


@pytest.mark.parametrize("letter", ["x", "ü", "🥫"])
def test_errors_are_kept_as_far_as_a_record_holds_them(letter: str) -> None:
    """DynamoDB's items have 400 KB; 12 bytes of JSON stand for an emoji."""
    errors = [BatchError("c", letter * 400, "p", line) for line in range(MAX_ERRORS)]

    kept = errors_kept(errors)

    def size(count: int) -> int:
        listed = [[each.code, each.message, each.param, each.line] for each in errors[:count]]
        return len(json.dumps(listed))

    assert kept == tuple(errors[: len(kept)])
    assert size(len(kept)) <= MAX_ERROR_BYTES < size(len(kept) + 1) + 10


@pytest.mark.parametrize(
    ("changes", "seconds"),
    [
        ({}, DAY),
        ({"cancelling_at": START + 60}, 60),
        ({"finalizing_at": START + 120}, 120),
        ({"finalizing_at": START + 120, "cancelling_at": START + 60}, 60),
    ],
)
def test_a_batch_is_stuck_an_hour_after_it_was_to_end(
    changes: dict[str, Any], seconds: int
) -> None:
    batch = replace(a_batch(), **changes)

    assert not batch.stuck(START + seconds + 3_599)
    assert batch.stuck(START + seconds + 3_600)
