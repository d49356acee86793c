"""A batch in each phase of its life: its input goes, it is cancelled, time is up."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from larder.domain.batch_answers import Answer, NoAnswer
from larder.domain.batches import BatchStatus
from larder.domain.errors import NotFoundError, QuotaExceededError
from larder.domain.files import DAY
from larder.domain.quota import Amount
from larder.services.batches.plan import Next
from larder.services.batches.ports import ExecutionNotStartedError
from larder.services.batches.run_shard import GRACE_SECONDS
from larder.services.files.get import get_file
from larder.services.upkeep.ports import DueBatch
from larder.services.upkeep.reclaim import ReclaimExpired
from larder.services.upkeep.sweepers import sweep_batch
from tests.backends.aws import aws_backend
from tests.backends.memory import MemoryBackend
from tests.property.batch_checks import LINES, check_exact
from tests.property.batch_world import ENDPOINT, BatchWorld, Killed, Models
from tests.samples import TENANT, a_batch, a_file, a_project, an_upstream, to_trash

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from larder.domain.batches import Batch
    from larder.domain.ids import BatchId, TenantId
    from larder.services.batches.model_ports import Call

    type NewWorld = Callable[..., BatchWorld]

GOOD = Answer(200, b'{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}')


@pytest.fixture(params=["memory", "aws"])
def new_world(request: pytest.FixtureRequest) -> Iterator[NewWorld]:
    if request.param == "memory":
        yield BatchWorld
        return
    with aws_backend(due_shards=2) as backend:
        yield partial(BatchWorld, backend=backend)


PHASES: dict[str, Callable[[BatchWorld, BatchId], object]] = {
    "created": lambda *_: None,
    "planned": lambda world, batch_id: world.plan(batch_id),
    "half answered": lambda world, batch_id: (world.plan(batch_id), world.work(batch_id, 0, 3)),
    "answered": lambda world, batch_id: (world.plan(batch_id), world.work(batch_id)),
    "finalizing": lambda world, batch_id: (
        *(world.plan(batch_id), world.work(batch_id), world.finish(batch_id)),
        world.finish(batch_id, 1),
    ),
}


def trash_input(world: BatchWorld) -> None:
    to_trash(world.backend, TENANT, world.input.id)


LOSSES: dict[str, Callable[[BatchWorld], None]] = {
    "deleted": lambda world: world.delete_input(),
    "trashed": trash_input,
}


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("loss", LOSSES)
def test_12_once_a_batch_has_begun_it_can_do_without_its_input(
    new_world: NewWorld, phase: str, loss: str
) -> None:
    world = new_world(LINES, lambda _: GOOD)
    batch = world.create()
    PHASES[phase](world, batch.id)

    LOSSES[loss](world)
    ended = world.run_to_the_end(batch.id)

    if phase == "created":
        assert ended.status is BatchStatus.FAILED
        assert [error.code for error in ended.errors] == ["input_file_unavailable"]
    else:
        assert ended.status is BatchStatus.COMPLETED
        check_exact(world, ended)
        assert len(world.asked) == LINES


@pytest.mark.parametrize("phase", PHASES)
def test_12_an_input_that_expires_after_the_batch_has_begun_changes_nothing(
    new_world: NewWorld, phase: str
) -> None:
    world = new_world(LINES, lambda _: GOOD)
    world.expire_input(in_seconds=60)
    batch = world.create()
    PHASES[phase](world, batch.id)

    world.clock.advance(120)
    ended = world.run_to_the_end(batch.id)

    begun = phase != "created"
    assert ended.status is (BatchStatus.COMPLETED if begun else BatchStatus.FAILED)
    check_exact(world, ended)


@pytest.mark.parametrize("phase", PHASES)
def test_a_batch_is_cancelled_in_every_phase(new_world: NewWorld, phase: str) -> None:
    world = new_world(LINES, lambda _: GOOD)
    batch = world.create()
    PHASES[phase](world, batch.id)
    asked = len(world.asked)

    world.cancel(batch.id)
    ended = world.run_to_the_end(batch.id)

    assert ended.status is BatchStatus.CANCELLED
    assert len(world.asked) == asked
    check_exact(world, ended)
    assert ended.progress.completed == asked


class Hanging(Models):
    """Calls that nobody answers."""

    def wait(self, seconds: float) -> Sequence[tuple[Call, Answer | NoAnswer]]:
        self.world.clock.advance(max(seconds, 0.01))
        return []


@pytest.mark.parametrize("stop", ["cancel", "expiry"])
@pytest.mark.parametrize("models", [Models, Hanging])
@given(data=st.data())
@settings(deadline=None, max_examples=30)
def test_6_no_call_begins_3_seconds_after_a_stop_and_the_end_comes_within_60(
    stop: str, models: type[Models], data: st.DataObject
) -> None:
    world = BatchWorld(LINES, lambda _: GOOD)
    world.models = models
    batch = world.create(completion_window="1h")
    world.plan(batch.id)
    delay = data.draw(st.floats(0, 20), "seconds until the stop")
    if stop == "expiry":
        world.clock.advance(batch.expires_at - world.clock() - delay)
        at = float(batch.expires_at)
    else:
        at = world.clock() + delay

    def cancel_in_time(_: str) -> None:
        if stop == "cancel" and world.clock() >= at and not world.cancelled:
            world.cancel(batch.id)

    world.schedule = cancel_in_time
    began = world.clock()
    while world.clock() < at:
        world.attempt(lambda: world.work(batch.id))
        world.clock.advance(0.1)
    cancel_in_time("")
    while not world.batch(batch.id).status.terminal:
        world.attempt(lambda: world.work(batch.id))
        world.attempt(lambda: world.finish(batch.id))

    stopped = max(at, began)
    assert all(when <= stopped + 3 for when, _ in world.asked)
    assert world.clock() <= stopped + 60
    ended = world.batch(batch.id)
    assert ended.status in {BatchStatus.CANCELLED, BatchStatus.EXPIRED, BatchStatus.COMPLETED}
    check_exact(world, ended)


def as_the_state_machine(world: BatchWorld, batch_id: BatchId, until: float) -> None:
    """Run the steps until that time, with the pauses that they ask for between them."""
    while world.clock() < until and not world.batch(batch_id).status.terminal:
        step = world.plan_step(batch_id)
        if step.next is Next.WAIT:
            pause(world, step.seconds)
        if step.next is Next.RUN:
            while (result := world.run_shard(batch_id)).more and world.clock() < until:
                pause(world, result.wait)
        if step.next in {Next.RUN, Next.FINISH} and world.finish(batch_id) is Next.RUN:
            pause(world, 30)


def pause(world: BatchWorld, seconds: int) -> None:
    """Let the time pass in which the state machine waits, and others may act."""
    for _ in range(seconds):
        world.clock.advance(1)
        world.schedule("pause")


WAITING: dict[str, Answer | NoAnswer] = {
    "an hour, as the upstream asks": Answer(429, b"{}", retry_after=3_600),
    "for an upstream that is away": NoAnswer.CONNECTION,
}


@pytest.mark.parametrize("stop", ["cancel", "expiry"])
@pytest.mark.parametrize("waiting", [*WAITING, "for room", "for the validation"])
def test_6_a_batch_that_waits_ends_within_a_minute_of_its_stop(
    new_world: NewWorld, waiting: str, stop: str
) -> None:
    world = new_world(LINES, lambda _: WAITING.get(waiting, GOOD))
    if waiting == "for the validation":
        world.hold_the_validation()
    if waiting == "for room":
        world.create()
        world.backend.batch_limits.set(TENANT, batches=None, requests=LINES)
        made = a_batch(world.input.id, at=world.clock())
        batch = replace(made, completion_window="1h", expires_at=made.created_at + 3_600)
        world.backend.batch_limits.set(TENANT, batches=None, requests=LINES + 1)
        world.batches.create(TENANT, batch, check_at=0)
        world.seen[batch.id] = batch
    else:
        batch = world.create(completion_window="1h")
    at = batch.expires_at - (2 if stop == "cancel" else 0)
    as_the_state_machine(world, batch.id, until=world.clock() + 60)
    world.clock.advance(at - 100 - world.clock())
    assert not world.batch(batch.id).status.terminal
    asked = len(world.asked)

    def stop_in_time(_: str) -> None:
        if stop == "cancel" and world.clock() >= at and not world.cancelled:
            world.cancel(batch.id)

    world.schedule = stop_in_time
    as_the_state_machine(world, batch.id, until=at + 60)

    ended = world.batch(batch.id)
    assert ended.status is (BatchStatus.CANCELLED if stop == "cancel" else BatchStatus.EXPIRED)
    assert world.clock() <= at + 60
    check_exact(world, ended)
    if waiting == "an hour, as the upstream asks":
        assert len(world.asked) == asked <= 4, "no worker asks before the hour is over"


def test_the_grace_of_calls_under_way_leaves_time_to_end() -> None:
    assert GRACE_SECONDS <= 30


@given(data=st.data())
@settings(deadline=None, max_examples=30)
def test_9_calls_stay_below_the_cap_over_all_workers_and_batches(data: st.DataObject) -> None:
    a_minute = data.draw(st.sampled_from([6, 59, 60, 120, 600]))
    window = 60 if a_minute < 60 else 10
    world = BatchWorld(LINES, lambda _: GOOD)
    world.backend.upstreams.put(an_upstream(concurrency=50, requests_per_minute=a_minute))
    batches = [world.create() for _ in range(3)]
    for batch in batches:
        world.plan(batch.id)

    def another(name: str) -> None:
        # Only a process that stands still is between a request's admission and its sending.
        # No count of what was admitted can know of that.
        if name == "begin":
            return
        if data.draw(st.integers(0, 9)) == 0:
            batch = data.draw(st.sampled_from(batches))
            world.attempt(lambda: world.work(batch.id, 0, data.draw(st.integers(1, 4))))
        if data.draw(st.integers(0, 9)) == 0:
            raise Killed

    world.schedule = another
    for _ in range(6):
        batch = data.draw(st.sampled_from(batches))
        world.attempt(lambda batch=batch: world.work(batch.id, 0, 6))  # type: ignore[misc]
        world.clock.advance(data.draw(st.floats(0, 20)))

    calls = Counter(when // window for when, _ in world.asked)
    assert all(made <= a_minute * window / 60 for made in calls.values())


@dataclass
class Machine:
    """Executions that may not start, and that die."""

    alive: set[tuple[BatchId, int]] = field(default_factory=set)
    known: set[tuple[BatchId, int]] = field(default_factory=set)
    away: bool = False

    def start(self, tenant: TenantId, batch_id: BatchId, execution: int) -> None:
        assert tenant == TENANT
        if self.away:
            raise ExecutionNotStartedError(batch_id)
        if (batch_id, execution) not in self.known:
            self.alive.add((batch_id, execution))
        self.known.add((batch_id, execution))

    def running(self, batch_id: BatchId, execution: int) -> bool:
        return (batch_id, execution) in self.alive


def sweep(backend: MemoryBackend, machine: Machine) -> None:
    for due in list(backend.deadlines.due(backend.clock())):
        if isinstance(due, DueBatch):
            sweep_batch(due, batches=backend.batches, executions=machine, clock=backend.clock)


@given(
    steps=st.lists(
        st.sampled_from(["create", "create lost", "die", "away", "back", "sweep", "wait"])
    )
)
def test_10_every_batch_that_runs_has_an_execution_or_gets_one(steps: list[str]) -> None:
    backend, machine = MemoryBackend(), Machine()
    a_project(backend)
    backend.batch_limits.set(TENANT, batches=1_000, requests=None)
    batches: list[Batch] = []
    for step in steps:
        match step:
            case "create" | "create lost":
                batch = a_batch(at=backend.clock())
                backend.batches.create(TENANT, batch, check_at=int(backend.clock()) + 120)
                batches.append(batch)
                if step == "create" and not machine.away:
                    machine.start(TENANT, batch.id, 1)
            case "die":
                machine.alive.clear()
            case "away" | "back":
                machine.away = step == "away"
            case "sweep":
                with suppress(ExecutionNotStartedError):
                    sweep(backend, machine)
            case "wait":
                backend.clock.advance(200)
    machine.away = False
    backend.clock.advance(900)

    sweep(backend, machine)

    for batch in batches:
        found = backend.batches.get(TENANT, batch.id)
        assert found is not None
        assert machine.running(batch.id, found.execution)
    assert len(machine.alive) == len(batches), "and none has two"


def test_13_an_output_above_the_quota_is_stored_and_counted(new_world: NewWorld) -> None:
    world = new_world(LINES, lambda _: GOOD)
    batch = world.create()
    world.backend.projects.set_limit(TENANT, Amount(files=1, bytes=1_000))

    ended = world.run_to_the_end(batch.id)

    assert ended.status is BatchStatus.COMPLETED
    check_exact(world, ended)
    usage = world.backend.usage.get(TENANT)
    assert usage is not None
    assert usage.left.bytes < 0
    assert usage.used == world.backend.usage.recount(TENANT).used
    with pytest.raises(QuotaExceededError):
        world.backend.files.admit(TENANT, a_file(1))


def test_input_and_output_live_a_day_after_the_end(new_world: NewWorld) -> None:
    world = new_world(3, lambda _: GOOD)
    ended = world.run_to_the_end(world.create().id)
    assert ended.ended_at is not None
    assert ended.output_file_id is not None
    before = world.backend.usage.get(TENANT)

    files = [
        get_file(TENANT, file_id, files=world.backend.files, clock=world.clock)
        for file_id in (ended.input_file_id, ended.output_file_id)
    ]
    world.clock.advance(2 * DAY)

    assert files[0].expires_at == ended.ended_at + DAY
    assert files[1].expires_at == files[1].created_at + DAY
    for file in files:
        with pytest.raises(NotFoundError):
            get_file(TENANT, file.id, files=world.backend.files, clock=world.clock)
    assert not world.backend.make(ReclaimExpired)(TENANT)
    usage = world.backend.usage.get(TENANT)
    assert before is not None
    assert usage is not None
    assert (before.used.files, usage.used.files) == (2, 0)


@pytest.mark.parametrize("stop", ["wait", "run"])
def test_a_batch_waits_for_room_and_then_runs(new_world: NewWorld, stop: str) -> None:
    world = new_world(LINES, lambda _: GOOD)
    first = world.create()
    world.backend.batch_limits.set(TENANT, batches=None, requests=LINES)
    waiting = a_batch(world.input.id, at=world.clock())
    world.backend.batch_limits.set(TENANT, batches=None, requests=LINES + 1)
    world.batches.create(TENANT, waiting, check_at=0)
    world.seen[waiting.id] = waiting

    assert world.plan(waiting.id) is Next.WAIT
    assert world.plan(waiting.id) is Next.WAIT
    if stop == "wait":
        world.cancel(waiting.id)
        ended = world.run_to_the_end(waiting.id)
        assert (ended.status, ended.total) == (BatchStatus.CANCELLED, 0)
        return
    world.run_to_the_end(first.id)
    ended = world.run_to_the_end(waiting.id)

    assert ended.status is BatchStatus.COMPLETED
    check_exact(world, ended)


def test_a_batch_with_more_requests_than_there_may_be_fails(new_world: NewWorld) -> None:
    world = new_world(LINES, lambda _: GOOD)
    world.backend.batch_limits.set(TENANT, batches=None, requests=LINES - 1)
    batch = a_batch(world.input.id, at=world.clock())
    assert batch.endpoint == ENDPOINT
    world.batches.create(TENANT, batch, check_at=0)
    world.seen[batch.id] = batch

    ended = world.run_to_the_end(batch.id)

    assert ended.status is BatchStatus.FAILED
    [error] = ended.errors
    assert error.code == "request_limit_exceeded"
    assert f"this batch has {LINES}" in error.message
