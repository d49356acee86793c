"""A use case killed and failed at each of its port calls; then the queues' retries and a sweep.

The calls are those of a clean run. A crash after one call is a crash before the next.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.backends.aws import aws_backend
from tests.backends.memory import MemoryBackend
from tests.property.invariants import Invariants, check_order
from tests.property.operations import Interruption, Operation
from tests.property.space import Space
from tests.property.world import small_world
from tests.samples import UPLOAD_CLOSES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager

    type Begin = Callable[[Space], Operation]
    type MakeWorld = Callable[[], AbstractContextManager[Space]]

READS = (
    "get",
    "get_all",
    "get_bundle",
    "count_artifacts",
    "ahead",
    "exists",
    "expired",
    "due",
    "recount",
    "go_on_counting",
    "expired_files",
    "stat",
    "stream",
    "sign_put",
    "tree",
    "children",
    "search",
    "page",
)


@contextmanager
def _memory_world() -> Iterator[Space]:
    with small_world():
        yield Space(MemoryBackend())


@contextmanager
def _aws_world() -> Iterator[Space]:
    with small_world(), aws_backend(due_shards=2) as backend:
        yield Space(backend)


def _calls(begin: Begin) -> list[str]:
    with _memory_world() as world:
        return world.finish(begin(world)).calls


def cases(scenarios: Iterable[Begin]) -> list[object]:
    """Return the parameters of `check_recovery`.

    Of the calls that write, each of each scenario on AWS as well; in the profile that is judged
    by every day, each in one scenario.
    """
    return list(_cases(scenarios))


def _cases(scenarios: Iterable[Begin]) -> Iterator[object]:
    every_day = settings().max_examples == settings.get_profile("same_every_time").max_examples
    seen: set[str] = set()
    for begin in scenarios:
        for number, call in enumerate(_calls(begin)):
            for interruption in Interruption:
                what = f"{begin.__name__}-{interruption.value} {call} {number}".replace(" ", "_")
                yield pytest.param(_memory_world, begin, number, interruption, id=f"memory-{what}")
                if interruption is Interruption.CRASH_AFTER and not call.endswith(READS):
                    if not (every_day and call in seen):
                        yield pytest.param(
                            _aws_world, begin, number, interruption, id=f"aws-{what}"
                        )
                    seen.add(call)


def check_recovery(
    make_world: MakeWorld, begin: Begin, number: int, interruption: Interruption
) -> None:
    """Check that all is right after the queues' retries and one sweep."""
    with make_world() as world:
        Invariants(world)
        operation = begin(world)
        for _ in range(number):
            world.step(operation)

        world.step(operation, interruption)
        world.finish(operation)

        world.drain()
        world.clock.advance(UPLOAD_CLOSES)
        world.finish(world.sweep())
        world.drain()
        check_order(world)
