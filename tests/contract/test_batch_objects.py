"""What a batch keeps in S3 while it runs."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from larder.adapters import s3_batches
from larder.domain.batch_plan import ChunkSpan, Plan
from larder.domain.batches import Progress, TokenUsage
from larder.domain.errors import ThrottledError
from larder.domain.ids import new_batch_id
from larder.services.batches.object_ports import Chunk, FinishState, Unanswered, WriterState
from tests.fakes.clock import START
from tests.samples import OTHER, TENANT, a_file_id, stored_bytes

if TYPE_CHECKING:
    from larder.domain.ids import BatchId, FileId
    from tests.backends.aws import AwsBackend
    from tests.backends.backend import Backend

MIB = 2**20
INPUT = b"".join(b'{"custom_id":"%d"}\n' % number for number in range(20_000))
PLAN = Plan(tuple(ChunkSpan(start * 100, 100, 25) for start in range(40)))
PROGRESS = Progress(2, 1, TokenUsage(7, 1, 5, 2))
CHUNK = Chunk('{"good":1}\n{"good":2}\n{"bad":"ü"}\n'.encode(), 22, PROGRESS)


@pytest.fixture
def batch_id() -> BatchId:
    return new_batch_id(START)


@pytest.fixture
def source(backend: Backend) -> FileId:
    file_id = a_file_id()
    backend.objects.put(TENANT, file_id, INPUT)
    return file_id


@pytest.fixture
def copied(backend: Backend, source: FileId, batch_id: BatchId) -> BatchId:
    """A batch that has a copy of its input."""
    assert backend.batch_objects.copy_input(TENANT, source, batch_id)
    return batch_id


def read_all(backend: Backend, batch_id: BatchId) -> bytes:
    with backend.batch_objects.open_input(TENANT, batch_id) as blocks:
        return b"".join(blocks)


def test_the_copy_of_the_input_does_without_the_file(
    backend: Backend, source: FileId, copied: BatchId
) -> None:
    backend.objects.delete(TENANT, source)

    assert read_all(backend, copied) == INPUT


def test_copying_again_is_harmless(backend: Backend, source: FileId, copied: BatchId) -> None:
    assert backend.batch_objects.copy_input(TENANT, source, copied)

    assert read_all(backend, copied) == INPUT


def test_without_bytes_nothing_is_copied(
    backend: Backend, source: FileId, batch_id: BatchId
) -> None:
    assert not backend.batch_objects.copy_input(TENANT, a_file_id(), batch_id)
    assert not backend.batch_objects.copy_input(OTHER, source, batch_id)

    with (
        pytest.raises(LookupError),
        backend.batch_objects.open_input(TENANT, batch_id),
    ):
        pass


@pytest.mark.parametrize(
    ("start", "length"), [(0, 1), (0, len(INPUT)), (19, 1_000), (len(INPUT) - 5, 5)]
)
def test_any_part_of_the_input_is_read(
    backend: Backend, copied: BatchId, start: int, length: int
) -> None:
    assert (
        backend.batch_objects.read_input(TENANT, copied, start, length)
        == INPUT[start : start + length]
    )


def test_a_plan_is_read_as_it_was_made(backend: Backend, batch_id: BatchId) -> None:
    assert backend.batch_objects.get_plan(TENANT, batch_id) is None

    assert backend.batch_objects.put_plan(TENANT, batch_id, PLAN) == PLAN

    assert backend.batch_objects.get_plan(TENANT, batch_id) == PLAN


def test_a_plan_is_stored_once(backend: Backend, batch_id: BatchId) -> None:
    backend.batch_objects.put_plan(TENANT, batch_id, PLAN)

    for plan in (Plan(PLAN.chunks[:1]), PLAN):
        assert backend.batch_objects.put_plan(TENANT, batch_id, plan) == PLAN

    assert backend.batch_objects.get_plan(TENANT, batch_id) == PLAN


def test_a_plan_of_a_batch_that_has_ended_meanwhile_is_none(
    aws: AwsBackend, batch_id: BatchId, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3_batches, "put_new", lambda *_: False)

    with pytest.raises(LookupError):
        aws.batch_objects.put_plan(TENANT, batch_id, PLAN)


def test_a_chunk_is_stored_once(backend: Backend, batch_id: BatchId) -> None:
    objects = backend.batch_objects
    other = replace(CHUNK, good_size=0, progress=Progress(0, 1))
    assert objects.get_chunk(TENANT, batch_id, 7) is None

    assert objects.put_chunk(TENANT, batch_id, 7, CHUNK)
    assert not objects.put_chunk(TENANT, batch_id, 7, other)
    assert not objects.put_chunk(TENANT, batch_id, 7, CHUNK)

    assert objects.get_chunk(TENANT, batch_id, 7) == CHUNK


@pytest.mark.parametrize(
    "chunk",
    [
        replace(CHUNK, good_size=0),
        replace(CHUNK, good_size=len(CHUNK.data)),
        replace(CHUNK, unanswered=Unanswered((0, 24), 1_000)),
        Chunk(b"", 0, Progress()),
    ],
)
def test_a_chunk_may_have_good_lines_only_or_bad_ones(
    backend: Backend, batch_id: BatchId, chunk: Chunk
) -> None:
    backend.batch_objects.put_chunk(TENANT, batch_id, 0, chunk)

    assert backend.batch_objects.get_chunk(TENANT, batch_id, 0) == chunk


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (range(16), {0, 9, 10, 15}),
        (range(16, 32), {16, 31}),
        (range(32, 48), set()),
        (range(1, 9), set()),
        (range(9, 10), {9}),
        (range(90, 110), {99, 100}),
        (range(2_000), {0, 9, 10, 15, 16, 31, 99, 100, 1_234}),
        (range(0), set()),
    ],
    ids=str,
)
def test_the_stored_chunks_of_a_shard_are_known(
    backend: Backend, batch_id: BatchId, asked: range, found: set[int]
) -> None:
    for number in (0, 9, 10, 15, 16, 31, 99, 100, 1_234):
        backend.batch_objects.put_chunk(TENANT, batch_id, number, CHUNK)
    backend.batch_objects.put_chunk(TENANT, new_batch_id(START), 3, CHUNK)
    backend.batch_objects.put_chunk(OTHER, batch_id, 4, CHUNK)

    stored = backend.batch_objects.stored_chunks(TENANT, batch_id, asked)

    assert stored == dict.fromkeys(sorted(found), len(CHUNK.data))


def test_more_than_a_thousand_stored_chunks_are_known(backend: Backend, batch_id: BatchId) -> None:
    for number in range(1_005):
        backend.batch_objects.put_chunk(TENANT, batch_id, number, Chunk(b"", 0, Progress()))

    stored = backend.batch_objects.stored_chunks(TENANT, batch_id, range(2, 2_000))

    assert stored == dict.fromkeys(range(2, 1_005), 0)


def test_answers_of_open_chunks_are_kept_in_place_of_those_before(
    backend: Backend, batch_id: BatchId
) -> None:
    objects = backend.batch_objects
    assert objects.get_partial(TENANT, batch_id, 3) == b""

    for pieces in ([b"first"], [b"\x00sec", b"", b"ond\xff"]):
        objects.put_partial(TENANT, batch_id, 3, pieces)
    objects.put_partial(TENANT, batch_id, 4, [b"of another shard"])

    assert objects.get_partial(TENANT, batch_id, 3) == b"\x00second\xff"


@pytest.mark.parametrize(
    "state",
    [
        FinishState(3, PROGRESS),
        FinishState(3, PROGRESS, Unanswered(), WriterState("", (), b"tail\n{}", 7), None),
        FinishState(
            40,
            PROGRESS,
            Unanswered((0, 7), 99),
            WriterState("id.of-it", ('"etag"', '"other"'), b"\n" * 9, 16 * MIB + 9),
            WriterState("second", ('"e"',), b"", 8 * MIB),
        ),
    ],
)
def test_how_far_the_joining_has_come_is_kept(
    backend: Backend, batch_id: BatchId, state: FinishState
) -> None:
    assert backend.batch_objects.get_finish(TENANT, batch_id) == FinishState()

    backend.batch_objects.put_finish(TENANT, batch_id, FinishState(1))
    backend.batch_objects.put_finish(TENANT, batch_id, state)

    assert backend.batch_objects.get_finish(TENANT, batch_id) == state


def test_another_project_sees_nothing(backend: Backend, copied: BatchId) -> None:
    objects = backend.batch_objects
    objects.put_plan(TENANT, copied, PLAN)
    objects.put_chunk(TENANT, copied, 0, CHUNK)
    objects.put_partial(TENANT, copied, 0, [b"x"])
    objects.put_finish(TENANT, copied, FinishState(1))

    objects.clear(OTHER, copied, for_retry=False)

    with pytest.raises(LookupError):
        objects.read_input(OTHER, copied, 0, 1)
    assert objects.get_plan(OTHER, copied) is None
    assert objects.get_chunk(OTHER, copied, 0) is None
    assert objects.get_partial(OTHER, copied, 0) == b""
    assert objects.get_finish(OTHER, copied) == FinishState()
    assert objects.get_plan(TENANT, copied) == PLAN


def test_what_requests_refer_to_is_kept_for_the_batch_and_its_retry(
    backend: Backend, copied: BatchId
) -> None:
    objects = backend.batch_objects
    assert objects.get_pinned(TENANT, copied) == b""

    objects.put_pinned(TENANT, copied, b"all of it")
    objects.clear(TENANT, copied, for_retry=True)

    assert objects.get_pinned(TENANT, copied) == b"all of it"
    assert objects.get_pinned(OTHER, copied) == b""
    objects.clear(TENANT, copied, for_retry=False)
    assert objects.get_pinned(TENANT, copied) == b""


def test_after_clearing_nothing_is_left(backend: Backend, source: FileId, copied: BatchId) -> None:
    objects, other = backend.batch_objects, new_batch_id(START)
    for batch_id in (copied, other):
        objects.copy_input(TENANT, source, batch_id)
        objects.put_plan(TENANT, batch_id, PLAN)
        objects.put_chunk(TENANT, batch_id, 0, CHUNK)
        objects.put_partial(TENANT, batch_id, 0, [b"x"])
        objects.put_finish(TENANT, batch_id, FinishState(1))

    objects.clear(TENANT, copied, for_retry=False)
    objects.clear(TENANT, copied, for_retry=False)

    with pytest.raises(LookupError):
        objects.read_input(TENANT, copied, 0, 1)
    with pytest.raises(LookupError), objects.open_input(TENANT, copied):
        pass
    assert objects.get_plan(TENANT, copied) is None
    assert objects.stored_chunks(TENANT, copied, range(40)) == {}
    assert objects.get_chunk(TENANT, copied, 0) is None
    assert objects.get_partial(TENANT, copied, 0) == b""
    assert objects.get_finish(TENANT, copied) == FinishState()
    assert objects.get_plan(TENANT, other) == PLAN
    assert objects.get_chunk(TENANT, other, 0) == CHUNK
    assert stored_bytes(backend, source) == INPUT


def test_what_a_retry_needs_may_be_spared(
    backend: Backend, source: FileId, copied: BatchId
) -> None:
    objects = backend.batch_objects
    assert objects.get_unanswered(TENANT, copied) is None
    objects.put_plan(TENANT, copied, PLAN)
    objects.put_chunk(TENANT, copied, 0, CHUNK)
    objects.put_unanswered(TENANT, copied, (0, 7))

    for _ in range(2):
        objects.clear(TENANT, copied, for_retry=True)

    assert objects.read_input(TENANT, copied, 0, len(INPUT)) == INPUT
    assert list(objects.get_unanswered(TENANT, copied) or ()) == [0, 7]
    assert objects.get_unanswered(OTHER, copied) is None
    assert objects.get_plan(TENANT, copied) is None
    assert objects.get_chunk(TENANT, copied, 0) is None
    objects.clear(TENANT, copied, for_retry=False)
    assert objects.get_unanswered(TENANT, copied) is None
    with pytest.raises(LookupError):
        objects.read_input(TENANT, copied, 0, 1)
    assert stored_bytes(backend, source) == INPUT


def keys(aws: AwsBackend, batch_id: BatchId) -> dict[str, bytes]:
    prefix = f"batches/{TENANT}/{batch_id}/"
    bucket = aws.stack.settings.files_bucket
    found = aws.stack.s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
    return {
        entry["Key"].removeprefix(prefix): aws.stack.s3.get_object(Bucket=bucket, Key=entry["Key"])[
            "Body"
        ].read()
        for entry in found
    }


def test_the_objects_of_a_batch_have_the_keys_that_the_state_machine_reads(
    aws: AwsBackend, batch_id: BatchId
) -> None:
    file_id = a_file_id()
    aws.objects.put(TENANT, file_id, INPUT)
    aws.batch_objects.copy_input(TENANT, file_id, batch_id)
    for plan in (PLAN, Plan(PLAN.chunks[:1])):
        aws.batch_objects.put_plan(TENANT, batch_id, plan)
    aws.batch_objects.put_chunk(TENANT, batch_id, 39, CHUNK)
    aws.batch_objects.put_partial(TENANT, batch_id, 2, [b"partial"])

    found = keys(aws, batch_id)

    assert found.keys() == {
        "input", "plan.json", "shards.json", "chunks/000039", "partial/00002",
    }  # fmt: skip
    assert json.loads(found["shards.json"]) == [{"shard": 0}, {"shard": 1}, {"shard": 2}]
    assert found["chunks/000039"] == CHUNK.data


def test_a_batch_of_more_than_a_thousand_objects_is_cleared(
    aws: AwsBackend, batch_id: BatchId
) -> None:
    for number in range(1_001):
        aws.batch_objects.put_chunk(TENANT, batch_id, number, CHUNK)

    aws.batch_objects.clear(TENANT, batch_id, for_retry=False)

    assert aws.stack.object_keys() == set()


def test_a_write_that_meets_another_one_is_tried_again(aws: AwsBackend, batch_id: BatchId) -> None:
    with aws.answering("PutObject", "ConditionalRequestConflict", 2) as answered:
        assert aws.batch_objects.put_chunk(TENANT, batch_id, 0, CHUNK)

    assert len(answered) == 2
    assert aws.batch_objects.get_chunk(TENANT, batch_id, 0) == CHUNK


def test_conflicts_of_writes_that_do_not_end_are_told(aws: AwsBackend, batch_id: BatchId) -> None:
    with (
        aws.answering("PutObject", "ConditionalRequestConflict", 100) as answered,
        pytest.raises(ClientError, match="ConditionalRequestConflict"),
    ):
        aws.batch_objects.put_chunk(TENANT, batch_id, 0, CHUNK)

    assert len(answered) == 3


@pytest.mark.parametrize(
    ("code", "told"), [("AccessDenied", ClientError), ("SlowDown", ThrottledError)]
)
def test_other_errors_of_a_write_are_told_at_once(
    aws: AwsBackend, batch_id: BatchId, code: str, told: type[Exception]
) -> None:
    with aws.answering("PutObject", code, 1), pytest.raises(told):
        aws.batch_objects.put_chunk(TENANT, batch_id, 0, CHUNK)


def test_an_object_that_is_not_deleted_is_told(
    aws: AwsBackend, batch_id: BatchId, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws.batch_objects.put_chunk(TENANT, batch_id, 0, CHUNK)
    failed = {"Errors": [{"Key": "k", "Code": "InternalError"}]}
    monkeypatch.setattr(aws.s3, "delete_objects", lambda **_: failed)

    with pytest.raises(OSError, match="1 objects of batch_"):
        aws.batch_objects.clear(TENANT, batch_id, for_retry=False)
