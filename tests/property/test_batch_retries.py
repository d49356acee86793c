"""What a batch has left is retried by one other batch, over exactly these lines."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from larder.domain.batch_answers import Answer, NoAnswer
from larder.domain.batches import RETRY_OF, BatchStatus
from larder.domain.errors import (
    BatchLimitError,
    ConflictError,
    InvalidParameterError,
    NotFoundError,
    QuotaExceededError,
)
from larder.domain.files import VALIDATION_GRACE, Purpose
from larder.domain.quota import Amount
from larder.services.batches.plan import Next
from larder.services.upkeep.ports import DueFile
from larder.services.upkeep.sweep import SweepResult
from larder.services.upkeep.sweepers import SweepFile
from tests.backends.aws import aws_backend
from tests.property.batch_world import BatchWorld, Killed
from tests.samples import OTHER, TENANT, stored_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from larder.domain.batches import Batch

    type NewWorld = Callable[..., BatchWorld]

GOOD = Answer(200, b'{"choices":[]}')
BAD = Answer(400, b'{"error":{"message":"no","code":"bad"}}')
LINES = 60


def odd_ones_fail(number: int) -> Answer:
    return BAD if number % 2 else GOOD


@pytest.fixture(params=["memory", "aws"])
def new_world(request: pytest.FixtureRequest) -> Iterator[NewWorld]:
    if request.param == "memory":
        yield BatchWorld
        return
    with aws_backend(due_shards=2) as backend:
        yield partial(BatchWorld, backend=backend)


def numbers(world: BatchWorld, batch: Batch, *, good: bool) -> list[int]:
    file_id = batch.output_file_id if good else batch.error_file_id
    return [int(line["custom_id"][1:]) for line in world.lines_of(file_id)]


def ended(world: BatchWorld, **changes: object) -> Batch:
    """Return a batch of which every second line has failed."""
    return world.run_to_the_end(world.create(**changes).id)


def all_good(world: BatchWorld) -> None:
    world._answer = lambda _: GOOD


def test_a_retry_runs_the_lines_without_a_good_answer(new_world: NewWorld) -> None:
    world = new_world(LINES, odd_ones_fail)
    first = ended(world, metadata={"job": "nightly"}, output_lifetime=7_200)
    assert numbers(world, first, good=True) == list(range(0, LINES, 2))
    world.delete_input()
    all_good(world)
    world.asked.clear()

    made = world.retry(first.id)
    second = world.run_to_the_end(made.id)

    assert (made.status, made.total) == (BatchStatus.VALIDATING, LINES // 2)
    assert made.metadata == {"job": "nightly", RETRY_OF: first.id}
    assert (made.endpoint, made.completion_window) == (first.endpoint, first.completion_window)
    assert made.output_lifetime == 7_200
    assert made.expires_at > first.expires_at
    assert (made.id, made.execution) in [each[1:] for each in world.executions.started]
    assert second.status is BatchStatus.COMPLETED
    assert [number for _, number in world.asked] == list(range(1, LINES, 2))
    assert numbers(world, second, good=True) == list(range(1, LINES, 2))
    assert second.error_file_id is None


def test_the_input_of_a_retry_is_a_file_as_any_other(new_world: NewWorld) -> None:
    world = new_world(LINES, odd_ones_fail)
    original = stored_bytes(world.backend, world.input.id)
    assert original is not None
    first = ended(world)
    before = world.backend.usage.get(TENANT)

    made = world.retry(first.id)
    file = world.backend.files.get(TENANT, made.input_file_id)
    after = world.backend.usage.get(TENANT)
    world.run_to_the_end(made.id)

    assert file is not None
    assert (file.filename, file.purpose) == ("q_retry.jsonl", Purpose.BATCH)
    assert before is not None
    assert after is not None
    assert after.used.bytes - before.used.bytes == file.bytes
    lines = original.splitlines(keepends=True)[1::2]
    assert stored_bytes(world.backend, file.id) == b"".join(lines)
    assert file.bytes == sum(map(len, lines))


@pytest.mark.parametrize("ending", ["\n", "", "\r\n", "\n\n \n"])
def test_lines_are_copied_with_one_line_feed_each(ending: str) -> None:
    world = BatchWorld(3, lambda _: BAD)
    data = stored_bytes(world.backend, world.input.id)
    assert data is not None
    lines = data.splitlines()
    crooked = b"\n \r\n".join(lines) + ending.encode()
    world.backend.objects.put(TENANT, world.input.id, crooked)

    made = world.retry(ended(world).id)
    assert world.plan(made.id) is Next.WAIT

    written = stored_bytes(world.backend, made.input_file_id)
    assert written == b"".join(line + b"\n" for line in lines)
    file = world.backend.files.get(TENANT, made.input_file_id)
    assert file is not None
    assert file.bytes == len(written)


@pytest.mark.parametrize("stop", ["cancel", "expiry", "refusal"])
def test_lines_that_never_ran_are_retried(new_world: NewWorld, stop: str) -> None:
    world = new_world(LINES, lambda _: GOOD)
    batch = world.create(completion_window="1h")
    world.plan(batch.id)
    world.work(batch.id, patience=3)
    match stop:
        case "cancel":
            world.cancel(batch.id)
        case "expiry":
            world.clock.advance(3_600)
        case "refusal":
            world._answer = lambda _: Answer(401, b"{}")
    first = world.run_to_the_end(batch.id)
    all_good(world)

    second = world.run_to_the_end(world.retry(first.id).id)

    done = numbers(world, first, good=True)
    assert 0 < len(done) < LINES
    assert second.status is BatchStatus.COMPLETED
    assert sorted(done + numbers(world, second, good=True)) == list(range(LINES))


def test_a_batch_is_retried_once_however_often_that_is_asked_for(new_world: NewWorld) -> None:
    world = new_world(LINES, odd_ones_fail)
    first = ended(world)

    made = world.retry(first.id)
    again = world.retry(first.id)
    done = world.run_to_the_end(made.id)

    assert again == made
    assert world.retry(first.id) == done
    page = world.batches.page(TENANT, limit=10, after=None)
    assert {batch.id for batch in page.batches} == {first.id, made.id}


def test_what_a_retry_leaves_is_for_its_own_retry(new_world: NewWorld) -> None:
    world = new_world(LINES, odd_ones_fail)
    first = ended(world)
    world._answer = lambda number: BAD if number % 3 == 0 else GOOD
    second = world.run_to_the_end(world.retry(first.id).id)
    all_good(world)

    third = world.run_to_the_end(world.retry(second.id).id)

    assert third.input_name == "q_retry.jsonl"
    assert (third.metadata or {})[RETRY_OF] == second.id
    assert numbers(world, third, good=True) == numbers(world, second, good=False)
    good = (numbers(world, batch, good=True) for batch in (first, second, third))
    assert sorted(chain.from_iterable(good)) == list(range(LINES))


def test_only_a_batch_that_has_ended_is_retried(new_world: NewWorld) -> None:
    world = new_world(LINES, odd_ones_fail)
    batch = world.create()

    for go_on in (lambda: None, lambda: world.plan(batch.id), lambda: world.cancel(batch.id)):
        go_on()
        with pytest.raises(ConflictError) as refused:
            world.retry(batch.id)
        assert refused.value.permanent
        assert world.batch(batch.id).status in refused.value.message


def test_where_every_answer_is_good_nothing_is_left_to_retry(new_world: NewWorld) -> None:
    world = new_world(3, lambda _: GOOD)
    first = ended(world)

    with pytest.raises(InvalidParameterError) as refused:
        world.retry(first.id)

    assert (refused.value.param, refused.value.code) == ("batch_id", "nothing_to_retry")
    with pytest.raises(LookupError), world.objects.open_input(TENANT, first.id):
        pass


def test_a_batch_that_is_not_there_is_not_found() -> None:
    world = BatchWorld(1, odd_ones_fail)

    with pytest.raises(NotFoundError):
        world.retry(replace(ended(world), id="batch_0197b3a5c6001a2b3c4d5e6f").id)  # type: ignore[arg-type]


def test_a_batch_that_was_stopped_before_it_began_is_run_on_its_own_input(
    new_world: NewWorld,
) -> None:
    world = new_world(3, lambda _: GOOD)
    batch = world.create()
    world.cancel(batch.id)
    first = world.run_to_the_end(batch.id)
    assert (first.status, first.total) == (BatchStatus.CANCELLED, 0)

    second = world.run_to_the_end(world.retry(first.id).id)

    assert second.input_file_id == first.input_file_id
    assert second.status is BatchStatus.COMPLETED
    assert numbers(world, second, good=True) == [0, 1, 2]


def test_a_batch_that_never_began_and_lost_its_input_is_not_retried(new_world: NewWorld) -> None:
    world = new_world(3, lambda _: GOOD)
    batch = world.create()
    world.delete_input()
    failed = world.run_to_the_end(batch.id)
    assert failed.status is BatchStatus.FAILED

    with pytest.raises(InvalidParameterError, match="before it began"):
        world.retry(failed.id)


def test_a_retry_that_was_cancelled_before_its_input_was_written_is_retried(
    new_world: NewWorld,
) -> None:
    world = new_world(LINES, odd_ones_fail)
    first = ended(world)
    made = world.retry(first.id)
    world.cancel(made.id)
    stopped = world.run_to_the_end(made.id)
    all_good(world)

    other = world.retry(stopped.id)
    done = world.run_to_the_end(other.id)

    assert other.id not in {first.id, made.id}
    assert numbers(world, done, good=True) == list(range(1, LINES, 2))
    assert world.retry(first.id).id != made.id, "the first one has no retry that ran"


def test_a_full_quota_refuses_a_retry_and_leaves_nothing(new_world: NewWorld) -> None:
    world = new_world(LINES, odd_ones_fail)
    first = ended(world)
    world.backend.projects.set_limit(TENANT, Amount(files=20, bytes=1_000))
    before = world.backend.snapshot()

    with pytest.raises(QuotaExceededError):
        world.retry(first.id)

    assert world.backend.snapshot() == before
    assert world.batch(first.id) == first
    world.backend.projects.set_limit(TENANT, Amount(files=20, bytes=10**6))
    assert world.retry(first.id).status is BatchStatus.VALIDATING


def test_a_project_with_too_many_batches_gets_its_quota_back(new_world: NewWorld) -> None:
    world = new_world(LINES, odd_ones_fail)
    first = ended(world)
    world.backend.batch_limits.set(TENANT, batches=0, requests=1_000)
    before = world.backend.usage.get(TENANT)
    assert before is not None

    with pytest.raises(BatchLimitError):
        world.retry(first.id)

    after = world.backend.usage.get(TENANT)
    assert after is not None
    assert after.used == before.used
    assert world.batch(first.id) == first


def test_a_retry_whose_requests_are_gone_fails_and_says_so(new_world: NewWorld) -> None:
    world = new_world(LINES, odd_ones_fail)
    first = ended(world)
    made = world.retry(first.id)
    world.objects.clear(TENANT, first.id, for_retry=False)

    failed = world.run_to_the_end(made.id)

    assert failed.status is BatchStatus.FAILED
    [error] = failed.errors
    assert error.code == "input_file_unavailable"
    assert first.id in error.message


def test_an_input_that_is_deleted_before_it_is_written_fails_the_retry(
    new_world: NewWorld,
) -> None:
    world = new_world(LINES, odd_ones_fail)
    first = ended(world)
    made = world.retry(first.id)
    file = world.backend.files.get(TENANT, made.input_file_id)
    assert file is not None
    world.backend.files.release(TENANT, file)

    assert world.run_to_the_end(made.id).status is BatchStatus.FAILED
    all_good(world)
    again = world.run_to_the_end(world.retry(first.id).id)

    assert again.status is BatchStatus.COMPLETED


def test_another_project_s_batch_is_not_found(new_world: NewWorld) -> None:
    world = new_world(3, odd_ones_fail)
    first = ended(world)

    with pytest.raises(NotFoundError):
        world.retry_for(OTHER, first.id)


@given(data=st.data())
@settings(deadline=None)
def test_retries_at_the_same_time_killed_anywhere_make_one_batch(data: st.DataObject) -> None:
    check_any_retries(BatchWorld(5, odd_ones_fail), data)


@given(data=st.data())
@settings(deadline=None, max_examples=10)
def test_retries_at_the_same_time_on_aws(data: st.DataObject) -> None:
    with aws_backend(due_shards=2) as backend:
        check_any_retries(BatchWorld(5, odd_ones_fail, backend), data)


def check_any_retries(world: BatchWorld, data: st.DataObject) -> None:
    first = ended(world)
    made: set[str] = set()

    def disturb(_: str) -> None:
        match data.draw(st.integers(0, 4)):
            case 0:
                raise Killed
            case 1:
                world.attempt(retry)
            case 2:
                world.executions.away = not world.executions.away

    def retry() -> None:
        made.add(world.retry(first.id).id)

    world.schedule = disturb
    for _ in range(3):
        world.attempt(retry)
    world.schedule = lambda _: None
    world.executions.away = False
    retry()

    assert len(made) == 1
    [batch_id] = made
    all_good(world)
    done = world.run_to_the_end(batch_id)  # type: ignore[arg-type]
    assert done.status is BatchStatus.COMPLETED
    assert numbers(world, done, good=True) == [1, 3]
    page = world.batches.page(TENANT, limit=10, after=None)
    assert {batch.id for batch in page.batches} == {first.id, batch_id}
    # Inputs of requests that died are released by the sweeper.
    world.clock.advance(VALIDATION_GRACE)
    sweep = world.backend.make(SweepFile)
    for (_, file_id), file in world.backend.snapshot().files.items():
        if stored_bytes(world.backend, file.id) is None:
            assert sweep(DueFile(TENANT, file_id)).result is SweepResult.ABANDONED
    usage = world.backend.usage.get(TENANT)
    assert usage is not None
    assert usage.used == world.backend.usage.recount(TENANT).used


def test_what_fails_for_good_stays_retryable() -> None:
    world = BatchWorld(3, lambda _: NoAnswer.TOO_LARGE)

    first = ended(world)

    assert (first.progress.failed, first.unanswered) == (3, 3)
    assert world.retry(first.id).total == 3
