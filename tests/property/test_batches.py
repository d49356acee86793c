"""Every line of a batch is answered exactly once, whatever happens to its workers.

The numbers in the names are those of the invariants in docs/adr/0014.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from larder.domain.batch_answers import Answer, NoAnswer
from larder.domain.batches import BatchStatus
from tests.backends.aws import aws_backend
from tests.property.batch_checks import LINES, check_exact
from tests.property.batch_world import BatchWorld, Killed
from tests.samples import TENANT, an_upstream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from larder.domain.ids import BatchId
    from tests.backends.backend import Backend

    type NewWorld = Callable[..., BatchWorld]

GOOD = Answer(200, b'{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}')
BAD = Answer(400, b'{"error":{"message":"no","code":"bad"}}')
PASSING: list[Answer | NoAnswer] = [
    Answer(429, b"{}", retry_after=2.0), Answer(500, b"oops"), Answer(503, b"{}"),
    NoAnswer.CONNECTION, NoAnswer.TIMEOUT, Answer(200, b"no JSON"),
]  # fmt: skip


MANY = 400
"""Lines of one shard."""


def good(_: int) -> Answer:
    return GOOD


def disturb(world: BatchWorld, batch_id: BatchId, data: st.DataObject) -> None:
    """Do something between two port calls, or nothing."""
    match data.draw(st.integers(0, 60)):
        case 0:
            raise Killed
        case 1:
            world.attempt(lambda: world.plan(batch_id))
        case 2 | 3:
            patience = data.draw(st.integers(1, 12))
            world.attempt(lambda: world.work(batch_id, 0, patience))
        case 4 | 5:
            patience = data.draw(st.integers(1, 5))
            world.attempt(lambda: world.finish(batch_id, patience))
        case 6 if not world.cancelled:
            world.cancel(batch_id)
        case 7:
            world.clock.advance(data.draw(st.sampled_from([1, 60, 3_600, 90_000])))
        case 8:
            world.delete_input()
        case 9:
            world.backend.lose_half_written_files()


@given(data=st.data())
@settings(deadline=None)
def test_workers_and_finishers_of_any_number_killed_at_any_call(data: st.DataObject) -> None:
    check_any_schedule(data)


@given(data=st.data())
@settings(deadline=None, max_examples=3 * settings().max_examples // 100)
def test_workers_and_finishers_of_any_number_on_aws(data: st.DataObject) -> None:
    with aws_backend(due_shards=2) as backend:
        check_any_schedule(data, backend)


def check_any_schedule(data: st.DataObject, backend: Backend | None = None) -> None:
    """Check that a batch ends exactly, whatever happens between any two calls of a port."""
    answers: st.SearchStrategy[Answer | NoAnswer] = st.sampled_from([*PASSING, BAD, GOOD])
    fails = data.draw(st.lists(answers, max_size=30), "answers")
    coming = iter(fails)
    world = BatchWorld(LINES, lambda _: next(coming, GOOD), backend)
    batch = world.create()
    world.schedule = lambda _: disturb(world, batch.id, data)
    for _ in range(4):
        world.attempt(lambda: world.plan(batch.id))
        world.attempt(lambda: world.work(batch.id, 0, 20))
        world.attempt(lambda: world.finish(batch.id, 3))

    ended = world.run_to_the_end(batch.id)

    assert ended.status.terminal
    if ended.status is not BatchStatus.FAILED:
        check_exact(world, ended)
    if ended.status is BatchStatus.COMPLETED:
        assert all(
            line["error"] is None or line["error"]["code"] != "batch_expired"
            for line in world.lines_of(ended.error_file_id)
        )
    output = {line["custom_id"] for line in world.lines_of(ended.output_file_id)}
    assert world.kept <= output
    before = world.stored()
    world.attempt(lambda: world.work(batch.id))
    world.attempt(lambda: world.finish(batch.id))
    world.cancel(batch.id)
    assert world.batch(batch.id) == ended
    assert world.stored() == before
    usage = world.backend.usage.get(TENANT)
    assert usage is not None
    assert usage.used == world.backend.usage.recount(TENANT).used, "each output is counted once"
    assert world.backend.batch_limits.get(TENANT).batches == 0
    assert world.backend.batch_limits.get(TENANT).requests == 0


@pytest.fixture(params=["memory", "aws"])
def new_world(request: pytest.FixtureRequest) -> Iterator[NewWorld]:
    """What makes a world, on the fakes or on DynamoDB and S3."""
    if request.param == "memory":
        yield BatchWorld
        return
    with aws_backend(due_shards=2) as backend:
        yield partial(BatchWorld, backend=backend)


def mostly_in_memory(every: Iterable[object], *on_aws: object) -> list[tuple[str, object]]:
    """Return every value for the fakes, and some for DynamoDB and S3, which take longer."""
    return [*(("memory", each) for each in every), *(("aws", each) for each in on_aws)]


@pytest.mark.parametrize(
    ("new_world", "lines"),
    mostly_in_memory([1, 24, 25, 26, 50, 400, 401, 1_000], 1, 26, 401),
    indirect=["new_world"],
)
def test_a_batch_of_any_size_is_answered_line_by_line(new_world: NewWorld, lines: int) -> None:
    world = new_world(lines, good)
    batch = world.create()

    ended = world.run_to_the_end(batch.id)

    assert ended.status is BatchStatus.COMPLETED
    assert ended.error_file_id is None
    check_exact(world, ended, lines)
    assert len(world.asked) == lines


def test_after_a_cancel_no_call_begins_and_what_was_answered_is_kept(new_world: NewWorld) -> None:
    world = new_world(LINES, good)
    batch = world.create()
    world.plan(batch.id)
    world.work(batch.id, patience=3)
    asked = len(world.asked)
    assert 0 < asked < LINES

    world.cancel(batch.id)
    ended = world.run_to_the_end(batch.id)

    assert ended.status is BatchStatus.CANCELLED
    assert len(world.asked) == asked
    check_exact(world, ended)
    assert ended.progress.completed == asked
    codes = {line["error"]["code"] for line in world.lines_of(ended.error_file_id)}
    assert codes == {"batch_cancelled"}


def test_when_the_window_closes_what_was_answered_is_kept(new_world: NewWorld) -> None:
    world = new_world(LINES, good)
    batch = world.create(completion_window="1h")
    world.plan(batch.id)
    world.work(batch.id, patience=3)
    asked = len(world.asked)

    world.clock.advance(3_600)
    ended = world.run_to_the_end(batch.id)

    assert ended.status is BatchStatus.EXPIRED
    assert len(world.asked) == asked
    check_exact(world, ended)
    codes = {line["error"]["code"] for line in world.lines_of(ended.error_file_id)}
    assert codes == {"batch_expired"}


@pytest.mark.parametrize(
    ("new_world", "failure"),
    mostly_in_memory(PASSING, NoAnswer.CONNECTION),
    indirect=["new_world"],
    ids=repr,
)
def test_a_passing_failure_of_the_upstream_makes_no_error_line(
    new_world: NewWorld, failure: Answer | NoAnswer
) -> None:
    world = new_world(LINES, good)
    began = world.clock()

    world._answer = lambda _: failure if world.clock() < began + 600 else GOOD
    batch = world.create()

    ended = world.run_to_the_end(batch.id)

    assert ended.status is BatchStatus.COMPLETED
    assert (ended.progress.completed, ended.progress.failed) == (LINES, 0)


def failing(*numbers: int, by: Answer | NoAnswer) -> Callable[[int], Answer | NoAnswer]:
    return lambda number: by if number in numbers else GOOD


@pytest.mark.parametrize(
    ("new_world", "failure", "code"),
    [
        ("memory", Answer(500, b'{"error":{}}'), None),
        ("memory", NoAnswer.TIMEOUT, "request_timeout"),
        ("memory", NoAnswer.TOO_LARGE, "answer_too_large"),
        ("memory", BAD, None),
        ("aws", NoAnswer.TOO_LARGE, "answer_too_large"),
    ],
    indirect=["new_world"],
    ids=repr,
)
def test_a_line_that_alone_fails_again_and_again_is_an_error_line(
    new_world: NewWorld, failure: Answer | NoAnswer, code: str | None
) -> None:
    world = new_world(LINES, failing(2, by=failure))
    batch = world.create()

    ended = world.run_to_the_end(batch.id)

    assert ended.status is BatchStatus.COMPLETED
    check_exact(world, ended)
    [line] = world.lines_of(ended.error_file_id)
    assert line["custom_id"] == "c2"
    assert (line["error"] or {}).get("code") == code
    assert (line["response"] is None) == (code is not None)


AWAY: list[Answer | NoAnswer] = [
    Answer(502, b"oops"), Answer(503, b"oops"), Answer(504, b"oops"), Answer(408, b"{}"),
    Answer(409, b"{}"), NoAnswer.CONNECTION,
]  # fmt: skip


def a_slow_upstream(failure: Answer | NoAnswer, *, times: int) -> BatchWorld:
    """Return a world whose line 2 fails that often, while others are answered one by one."""
    failed: list[int] = []

    def answer(number: int) -> Answer | NoAnswer:
        world.clock.advance(5)
        if number == 2 and len(failed) < times:
            failed.append(number)
            return failure
        return GOOD

    world = BatchWorld(MANY, answer)
    world.backend.upstreams.put(an_upstream(concurrency=1))
    return world


@pytest.mark.parametrize("failure", AWAY, ids=repr)
def test_a_line_for_which_the_upstream_is_often_away_is_no_error_line(
    failure: Answer | NoAnswer,
) -> None:
    """So it is behind a balancer one of whose servers is down."""
    world = a_slow_upstream(failure, times=20)

    ended = world.run_to_the_end(world.create().id)

    assert ended.status is BatchStatus.COMPLETED
    assert (ended.progress.completed, ended.progress.failed) == (MANY, 0)


@pytest.mark.parametrize("failure", AWAY, ids=repr)
def test_a_line_that_takes_the_upstream_away_does_not_hold_the_batch_for_a_day(
    failure: Answer | NoAnswer,
) -> None:
    world = a_slow_upstream(failure, times=10_000)

    ended = world.run_to_the_end(world.create().id)

    assert ended.status is BatchStatus.COMPLETED
    check_exact(world, ended, MANY)
    [line] = world.lines_of(ended.error_file_id)
    assert line["custom_id"] == "c2"
    assert [number for _, number in world.asked].count(2) <= 31


def test_lines_that_wait_keep_no_others_from_being_sent(new_world: NewWorld) -> None:
    """One of two models is overloaded, for more lines than are in flight at once."""
    world = new_world(2 * LINES, good)
    batch = world.create()
    world._answer = lambda number: Answer(503, b"") if 5 <= number < 30 else GOOD
    world.plan(batch.id)

    world.work(batch.id, patience=200)

    assert {number for _, number in world.asked} >= set(range(30, 2 * LINES))


def test_a_line_that_fails_at_once_among_slow_ones_is_given_up_after_five_times() -> None:
    world = a_slow_upstream(Answer(500, b'{"error":{}}'), times=10_000)

    ended = world.run_to_the_end(world.create().id)

    assert (ended.progress.completed, ended.progress.failed) == (MANY - 1, 1)
    assert [number for _, number in world.asked].count(2) <= 6


@pytest.mark.parametrize(
    "refusal",
    [
        Answer(401, b"{}"),
        Answer(403, b"{}"),
        Answer(429, b'{"error":{"code":"insufficient_quota"}}'),
    ],
    ids=repr,
)
def test_an_upstream_that_refuses_us_fails_the_batch_and_burns_no_line(
    new_world: NewWorld, refusal: Answer
) -> None:
    answered = iter([GOOD] * 5)
    world = new_world(LINES, lambda _: next(answered, refusal))
    batch = world.create()

    ended = world.run_to_the_end(batch.id)

    assert ended.status is BatchStatus.FAILED
    [error] = ended.errors
    assert error.code == "upstream_refused"
    assert len(world.lines_of(ended.output_file_id)) == 5
    assert ended.error_file_id is None
    assert len(world.asked) < LINES


def test_a_removed_upstream_is_asked_no_more_within_a_minute(new_world: NewWorld) -> None:
    world = new_world(LINES, good)
    batch = world.create()
    world.plan(batch.id)
    began = world.clock()

    def answer(_: int) -> Answer:
        world.clock.advance(5)
        if world.clock() >= began + 20:
            world.backend.upstreams.remove("vllm")
        return GOOD

    world._answer = answer
    ended = world.run_to_the_end(batch.id)

    assert ended.status is BatchStatus.COMPLETED
    check_exact(world, ended)
    assert max(at for at, _ in world.asked) <= began + 20 + 60
    codes = {
        line["response"]["body"]["error"]["code"] for line in world.lines_of(ended.error_file_id)
    }
    assert codes == {"model_not_found"}


def test_a_killed_worker_repeats_only_what_was_not_saved(new_world: NewWorld) -> None:
    world = new_world(LINES, good)
    batch = world.create()
    world.plan(batch.id)
    world.work(batch.id, patience=2)
    saved = len(world.asked)

    ended = world.run_to_the_end(batch.id)

    assert ended.status is BatchStatus.COMPLETED
    assert len(world.asked) == LINES
    assert 0 < saved < LINES


def test_an_output_whose_parts_were_given_up_is_written_again() -> None:
    """S3 aborts a multipart upload after a day."""
    world = BatchWorld(LINES, good)
    batch = world.create()
    world.plan(batch.id)
    while world.work(batch.id):
        pass
    world.finish(batch.id)
    world.finish(batch.id, patience=10)
    half_written = world.objects.get_finish(TENANT, batch.id).output
    assert half_written is not None
    assert half_written.multipart_id

    world.backend.lose_half_written_files()
    ended = world.run_to_the_end(batch.id)

    assert ended.status is BatchStatus.COMPLETED
    check_exact(world, ended)
    assert len(world.asked) == LINES
