"""A worker's and a finisher's memory with the longest answers that there are."""

from __future__ import annotations

import tracemalloc
from collections import deque
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from larder.domain.batch_answers import MAX_ANSWER_BYTES, Answer, NoAnswer
from larder.domain.batch_kept import UNKNOWN_BYTES
from larder.domain.batch_plan import MAX_CHUNK_LINES, SHARD_CHUNKS
from larder.domain.batches import BatchStatus
from larder.services.batches.gates import gate_for
from larder.services.batches.object_ports import Chunk
from larder.services.batches.shard_state import MAX_IN_FLIGHT_BYTES
from tests.property.batch_world import BatchWorld, Models
from tests.samples import TENANT, an_upstream

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from larder.services.batches.model_ports import Call

MIB = 2**20
LINES = 3 * MAX_CHUNK_LINES
LONGEST = b'{"a":"%s"}' % (b"x" * (MAX_ANSWER_BYTES - 8))


@pytest.fixture
def peak() -> Iterator[Any]:
    """What returns the most MiB that were allocated at once since the test began."""
    tracemalloc.start()
    yield lambda: tracemalloc.get_traced_memory()[1] // MIB
    tracemalloc.stop()


class Streams(Models):
    """Calls whose answers are made when they come, as they are read from sockets."""

    most = 0
    waves: ClassVar[list[int]] = []

    def begin(self, call: Call) -> None:
        super().begin(call)
        Streams.most = max(Streams.most, len(self.waiting))

    def wait(self, seconds: float) -> Sequence[tuple[Call, Answer | NoAnswer]]:
        Streams.waves.append(len(self.waiting))
        return [
            (call, Answer(answer.status, bytes(bytearray(answer.body))))
            for call, answer in super().wait(seconds)
            if isinstance(answer, Answer)
        ]


def a_world(monkeypatch: pytest.MonkeyPatch, lines: int = LINES, **upstream: Any) -> BatchWorld:
    """Return a world whose chunks of answers go nowhere."""
    world = BatchWorld(lines, lambda _: Answer(200, LONGEST))
    world._checks_all = False
    world.backend.upstreams.put(an_upstream(**upstream))
    world.models = Streams
    monkeypatch.setattr(Streams, "most", 0)
    return world


def test_a_worker_bounds_the_bytes_of_answers_under_way(
    monkeypatch: pytest.MonkeyPatch, peak: Any
) -> None:
    world = a_world(monkeypatch, concurrency=50)
    stored: list[int] = []

    def put_chunk(_: object, __: object, number: int, chunk: Chunk) -> bool:
        assert len(chunk.data) > MAX_CHUNK_LINES * MAX_ANSWER_BYTES
        stored.append(number)
        return True

    monkeypatch.setattr(world.objects, "put_chunk", put_chunk)
    monkeypatch.setattr(world.objects, "put_partial", lambda *kept: deque(kept[-1], maxlen=0))
    batch = world.create()
    world.plan_in_chunks(batch.id, MAX_CHUNK_LINES)

    assert not world.work(batch.id)

    assert sorted(stored) == [0, 1, 2]
    assert len(world.asked) == LINES
    assert Streams.most <= MAX_IN_FLIGHT_BYTES // UNKNOWN_BYTES
    assert peak() < 450


def test_short_answers_are_asked_for_as_many_at_once_as_the_upstream_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = a_world(monkeypatch, concurrency=50)
    world._answer = lambda _: Answer(200, b'{"a":1}')
    batch = world.create()
    world.plan(batch.id)

    world.work(batch.id)

    assert Streams.most == 50


def test_the_next_shard_of_a_batch_begins_with_what_is_known_of_its_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = a_world(monkeypatch, lines=2 * SHARD_CHUNKS * MAX_CHUNK_LINES, concurrency=50)
    world._answer = lambda _: Answer(200, b'{"a":1}')
    batch = world.create()
    world.plan(batch.id)

    first_waves = []
    for shard in (0, 1):
        Streams.waves.clear()
        world.work(batch.id, shard)
        first_waves.append(Streams.waves[0])

    assert first_waves == [MAX_IN_FLIGHT_BYTES // UNKNOWN_BYTES, 50]


def test_a_gate_remembers_the_longest_answer_for_a_while() -> None:
    gate = gate_for(an_upstream())
    assert gate.answer_bytes == UNKNOWN_BYTES

    sizes = []
    for size in [100] * 60 + [5 * MIB] + [100] * 60:
        gate.in_flight += 1
        gate.answered(size)
        sizes.append(gate.answer_bytes)

    assert sizes[0] > MIB
    assert sizes[59] < 50_000
    assert sizes[60] == MAX_ANSWER_BYTES
    assert sizes[61] > 5 * MIB
    assert sizes[-1] < 100_000


def test_a_finisher_holds_one_chunk_of_the_longest_answers(
    monkeypatch: pytest.MonkeyPatch, peak: Any
) -> None:
    world = a_world(monkeypatch)
    batch = world.create()
    world.plan_in_chunks(batch.id, MAX_CHUNK_LINES)
    size = MAX_CHUNK_LINES * (MAX_ANSWER_BYTES + 200)
    stored = dict.fromkeys(range(LINES // MAX_CHUNK_LINES), size)
    monkeypatch.setattr(world.objects, "stored_chunks", lambda *_: stored)

    def get_chunk(*_: object) -> Chunk:
        return Chunk(bytes(size), size, world.batch(batch.id).progress)

    monkeypatch.setattr(world.objects, "get_chunk", get_chunk)
    monkeypatch.setattr(world.objects, "open_output", lambda *_: Sink())

    world.finish_in_threads(batch.id)

    assert world.batch(batch.id).status is BatchStatus.COMPLETED
    assert world.backend.files.get(TENANT, world.batch(batch.id).output_file_id) is not None  # type: ignore[arg-type]
    assert peak() < 300


class Sink:
    """An output file of which nothing is kept."""

    size = 0

    def write(self, data: memoryview) -> None:
        self.size += len(data)

    def finish(self) -> None:
        pass
