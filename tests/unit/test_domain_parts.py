"""How a large file is split: within S3's limits, and into few enough parts for one answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from larder.domain.parts import MAX_UPLOAD_BYTES, MIB, Part, plan_parts

GIB = 2**30
SMALLEST_PART, MAX_PART_BYTES, MAX_PARTS = 5 * MIB, 5 * GIB, 10_000


@given(st.integers(1, MAX_UPLOAD_BYTES))
def test_every_file_is_split_into_parts_that_s3_accepts(size: int) -> None:
    plan = plan_parts(size)
    parts = list(plan)

    assert [part.number for part in parts] == list(range(1, len(parts) + 1))
    assert len(parts) <= MAX_PARTS
    assert sum(part.size for part in parts) == size
    assert {part.size for part in parts[:-1]} <= {plan.part_size}
    assert SMALLEST_PART <= plan.part_size <= MAX_PART_BYTES
    assert 0 < parts[-1].size <= plan.part_size


@pytest.mark.parametrize(
    ("size", "part_size", "count"),
    [
        (64 * MIB + 1, 16 * MIB, 5),
        (256 * MIB, 16 * MIB, 16),
        (150 * 16 * MIB, 16 * MIB, 150),
        (150 * 16 * MIB + 1, 17 * MIB, 142),
        (100 * GIB, 683 * MIB, 150),
        (MAX_UPLOAD_BYTES, 5 * GIB, 150),
    ],
)
def test_parts_are_16_mib_or_as_large_as_150_of_them_have_to_be(
    size: int, part_size: int, count: int
) -> None:
    plan = plan_parts(size)

    assert (plan.part_size, len(list(plan))) == (part_size, count)


def test_the_last_part_is_the_rest() -> None:
    assert list(plan_parts(32 * MIB + 7)) == [
        Part(1, 16 * MIB),
        Part(2, 16 * MIB),
        Part(3, 7),
    ]
