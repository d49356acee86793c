"""How a batch is cut into chunks and shards."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from larder.domain.batch_plan import (
    MAX_CHUNK_BYTES,
    MAX_CHUNK_LINES,
    SHARD_CHUNKS,
    is_blank,
    lines_per_chunk,
    physical_lines,
    plan_chunks,
)

LINES = st.sampled_from([b"{}", b'{"a":1}', b"", b"  \t", b"x" * 70, b"a\rb", b"\r"])


@given(
    lines=st.lists(LINES, max_size=120),
    ends=st.booleans(),
    block=st.integers(1, 200),
    most=st.integers(1, MAX_CHUNK_LINES),
)
def test_every_request_line_is_in_exactly_one_chunk(
    *, lines: list[bytes], ends: bool, block: int, most: int
) -> None:
    data = b"\n".join(lines) + (b"\n" if ends else b"")

    plan = plan_chunks((data[at : at + block] for at in range(0, len(data), block)), most)

    found: list[bytes] = []
    at = 0
    for chunk in plan.chunks:
        assert chunk.start == at
        at += chunk.length
        requests = [
            line
            for line in physical_lines([data[chunk.start : chunk.start + chunk.length]])
            if not is_blank(line)
        ]
        assert 1 <= len(requests) == chunk.lines <= most
        found += requests
    assert [line.rstrip(b"\n") for line in found] == [line for line in lines if not is_blank(line)]
    assert plan.total == len(found)


@given(data=st.binary(max_size=300), block=st.integers(1, 40))
def test_lines_do_not_depend_on_the_blocks_that_they_come_in(data: bytes, block: int) -> None:
    lines = list(physical_lines(data[at : at + block] for at in range(0, len(data), block)))

    assert b"".join(lines) == data
    assert lines == list(physical_lines([data] if data else []))
    assert all(line.count(b"\n") == 1 and line.endswith(b"\n") for line in lines[:-1])


def test_long_lines_make_small_chunks() -> None:
    line = b"x" * (MAX_CHUNK_BYTES // 2) + b"\n"

    plan = plan_chunks([line * 3, b"y" * (2 * MAX_CHUNK_BYTES) + b"\n", line])

    assert [chunk.lines for chunk in plan.chunks] == [1, 1, 1, 1, 1]


@given(requests=st.integers(1, 50_000))
def test_small_chunks_make_no_more_shards(requests: int) -> None:
    most = lines_per_chunk(requests)

    shards = [-(-requests // (lines * SHARD_CHUNKS)) for lines in (most, MAX_CHUNK_LINES)]
    assert shards[0] == shards[1]
    assert 1 <= most <= MAX_CHUNK_LINES
    assert most == 1 or -(-requests // most) > SHARD_CHUNKS / 2


def test_every_chunk_is_in_exactly_one_shard() -> None:
    plan = plan_chunks([b"{}\n" * (MAX_CHUNK_LINES * (SHARD_CHUNKS * 2 + 3))])

    chunks = [number for shard in plan.shards() for number in plan.chunks_of(shard)]

    assert chunks == list(range(len(plan.chunks)))
    assert len(plan.shards()) == 3


def test_an_input_without_a_request_has_no_chunk() -> None:
    assert plan_chunks([b"\n \n"]).chunks == ()
    assert list(plan_chunks([]).shards()) == []
