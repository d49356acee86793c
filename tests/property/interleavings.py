"""Every interleaving of some operations, call by call."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.backends.memory import MemoryBackend
from tests.property.invariants import Invariants, check_settling
from tests.property.operations import Operation, gated
from tests.property.space import Space
from tests.property.world import TENANTS, small_world

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager

    from tests.backends.backend import Backend
    from tests.property.world import World

type Begin = Callable[[Space], list[Operation]]


@dataclass(frozen=True)
class Ending:
    """One way that it can end: the operations, and the order in which they were stepped."""

    world: Space
    operations: list[Operation]
    order: list[str]


@contextmanager
def _in_memory() -> Iterator[Backend]:
    yield MemoryBackend()


def every_interleaving(
    begin: Begin, make_backend: Callable[[], AbstractContextManager[Backend]] = _in_memory
) -> Iterator[Ending]:
    """Run what `begin` begins in every order of its port calls, each in a new world.

    Orders that lead to the same state, with the same things read by each operation, go on in the
    same ways: these are run once.
    """
    open_ends: list[list[int]] = [[]]
    reached: set[str] = set()
    while open_ends:
        prefix = open_ends.pop()
        with small_world(), make_backend() as backend:
            world = Space(backend)
            Invariants(world)
            operations = begin(world)
            order = []
            for chosen in prefix:
                world.step(operations[chosen])
                order.append(chosen)
            while not (known := _state(world, operations) in reached):
                reached.add(_state(world, operations))
                running = [number for number, op in enumerate(operations) if not op.done]
                if not running:
                    break
                chosen, *others = running
                open_ends += [[*order, other] for other in others]
                world.step(operations[chosen])
                order.append(chosen)
            if known:
                for operation in operations:
                    operation.abandon()
            else:
                yield Ending(world, operations, [operations[chosen].name for chosen in order])


def every_interruption(begin: Begin) -> Iterator[Ending]:
    """Run the first of two operations up to each of its port calls, then the other, then the rest.

    For operations whose interleavings are too many.
    """
    steps, over = 0, False
    while not over:
        with small_world():
            world = Space(MemoryBackend())
            Invariants(world)
            first, other = operations = begin(world)
            for _ in range(steps):
                world.step(first)
            world.finish(other)
            over = first.done
            world.finish(first)
            yield Ending(world, operations, [f"{first.name} {steps} times", other.name, first.name])
        steps += 1


def check_endings(
    begin: Begin, make_backend: Callable[[], AbstractContextManager[Backend]] = _in_memory
) -> None:
    """Check that every way that it can end settles as it has to."""
    check_all(every_interleaving(begin, make_backend))


def check_all(endings: Iterable[Ending]) -> None:
    """Check that each of these endings settles as it has to."""
    for ending in endings:
        try:
            check_settling(ending.world)
        except AssertionError as error:
            error.add_note(f"in the order {ending.order}")
            raise


def _state(world: World, operations: list[Operation]) -> str:
    stored = world.backend.snapshot()
    return repr(
        (
            sorted(stored.files.items()),
            sorted(stored.trash.items()),
            sorted(stored.folders.items()),
            [world.backend.folders.tree(tenant).version for tenant in TENANTS],
            sorted(stored.uploads.items()),
            stored.usage,
            sorted(stored.objects),
            sorted(stored.reports),
            world.validation_queue,
            world.removals,
            world.cleanups,
            world.clock(),
            [(operation.done, operation.read) for operation in operations],
        )
    )


def deadline(world: World, seconds: float = 2) -> Operation:
    """Let the time pass to beyond a deadline."""
    return Operation("deadline", lambda: gated(world.clock, "clock").advance(seconds))
