"""How the counts of a batch move, which they do by its chunks, and who says where these end."""

from __future__ import annotations

from itertools import pairwise

import pytest

from larder.domain.batch_answers import Answer
from larder.domain.batch_plan import MAX_CHUNK_LINES, SHARD_CHUNKS, plan_chunks
from larder.domain.batches import BatchStatus
from larder.services.batches.plan import Next
from tests.property.batch_checks import LINES, check_exact
from tests.property.batch_world import BatchWorld
from tests.samples import TENANT, an_upstream

GOOD = Answer(200, b'{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}')


def a_world(lines: int = LINES) -> BatchWorld:
    """Return a world whose upstream takes one request at a time."""
    world = BatchWorld(lines, lambda _: GOOD)
    world.backend.upstreams.put(an_upstream(concurrency=1))
    return world


@pytest.mark.parametrize("lines", [1, 2, 15, 16, 17, 20, LINES, 399, 400, 401, 1_000])
def test_the_counts_move_by_a_sixteenth_of_a_batch_or_by_25(lines: int) -> None:
    world = a_world(lines)
    batch = world.create()
    assert world.plan(batch.id) is Next.RUN
    counts = [0]
    world.schedule = lambda _: counts.append(world.batch(batch.id).progress.completed)

    for shard in range(3):
        world.work(batch.id, shard)

    most = min(-(-lines // SHARD_CHUNKS), MAX_CHUNK_LINES)
    assert max(after - before for before, after in pairwise(counts)) <= most
    assert counts[-1] == lines


@pytest.mark.parametrize("lines", [1, 7, MAX_CHUNK_LINES, LINES + 1])
def test_a_batch_that_another_version_has_cut_keeps_its_chunks(lines: int) -> None:
    world = a_world()
    batch = world.create()
    world.plan_in_chunks(batch.id, lines)
    plan = world.objects.get_plan(TENANT, batch.id)
    assert plan is not None
    assert {chunk.lines for chunk in plan.chunks[:-1]} <= {lines}

    ended = world.run_to_the_end(batch.id)

    assert ended.status is BatchStatus.COMPLETED
    check_exact(world, ended)
    assert len(world.asked) == LINES


def test_of_two_planners_that_cut_differently_the_first_decides() -> None:
    """So it is while a new version is deployed."""
    world = a_world()
    batch = world.create()

    def plan_first(name: str) -> None:
        if name == "put_plan":
            with world.objects.open_input(TENANT, batch.id) as blocks:
                first = plan_chunks(blocks, MAX_CHUNK_LINES)
            world.objects.put_plan(TENANT, batch.id, first)

    world.schedule = plan_first
    assert world.plan(batch.id) is Next.RUN

    plan = world.objects.get_plan(TENANT, batch.id)
    assert plan is not None
    assert [chunk.lines for chunk in plan.chunks] == [25, 25, 3]
    check_exact(world, world.run_to_the_end(batch.id))
