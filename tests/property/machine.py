"""What clients, workers, clocks and failures may do to any file, in any order."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from tests.property.invariants import Invariants, check_settling
from tests.property.operations import Interruption, Operation
from tests.property.space import Space
from tests.property.world import TENANTS, VALID, small_world

if TYPE_CHECKING:
    from larder.domain.ids import FileId, TenantId
    from tests.backends.backend import Backend

tenants = st.sampled_from(TENANTS)
sizes = st.sampled_from([0, 10, len(VALID), 100, 150])
purposes = st.sampled_from(["batch", "user_data"])
lives = st.sampled_from([None, 3_600, 7_200])
# Clocks of functions are kept by NTP; minutes are far more than they differ.
errors_of_clocks = st.sampled_from([0, -300, -2, 2, 300])
# Hours, in which no message is delivered and nobody sweeps, are one wait.
waits = st.sampled_from([0.001, 1, 60, 900, 1_800, 3_599, 3_600, 4_500, 5 * 3_600, 90_000])
numbers = st.integers(0, 30)
# To the end; or so many port calls far, and then what happens: None is a pause.
paces = st.none() | st.tuples(
    st.integers(0, 2) | st.integers(0, 12), st.sampled_from([None, *Interruption])
)

type Pace = tuple[int, Interruption | None] | None


class Machine(RuleBasedStateMachine):
    """The rules; a subclass says what stands behind the ports.

    What is stored is checked after every port call.
    """

    def __init__(self) -> None:
        super().__init__()
        self.resources = ExitStack()
        self.resources.enter_context(small_world())
        self.world = Space(self.backend())
        self.watched = Invariants(self.world)
        self.paused: list[Operation] = []

    def backend(self) -> Backend:
        raise NotImplementedError

    def go(self, operation: Operation, pace: Pace) -> None:
        calls, interruption = pace or (1_000, None)
        for _ in range(calls):
            if operation.done:
                return
            self.world.step(operation)
        if operation.done:
            return
        if interruption is None:
            self.paused.append(operation)
        else:
            self.world.step(operation, interruption)
            self.world.finish(operation)

    @precondition(lambda self: self.watched.seen)
    @rule(number=numbers, pace=paces)
    def delete(self, number: int, pace: Pace) -> None:
        self.go(self.world.delete(*self.one_file(number)), pace)

    @precondition(lambda self: self.world.validation_queue)
    @rule(number=numbers, again=st.booleans(), pace=paces)
    def receive(self, number: int, again: bool, pace: Pace) -> None:  # noqa: FBT001
        validation_queue = self.world.validation_queue
        self.go(
            self.world.receive(validation_queue[number % len(validation_queue)], again=again), pace
        )

    @precondition(lambda self: self.world.removals)
    @rule(number=numbers, again=st.booleans(), pace=paces)
    def clear(self, number: int, again: bool, pace: Pace) -> None:  # noqa: FBT001
        removals = self.world.removals
        self.go(self.world.clear(removals[number % len(removals)], again=again), pace)

    @precondition(lambda self: self.world.validation_queue)
    @rule(number=numbers)
    def lose_an_arrival(self, number: int) -> None:
        self.world.lose(self.world.validation_queue[number % len(self.world.validation_queue)])

    @rule(pace=paces)
    def sweep(self, pace: Pace) -> None:
        self.go(self.world.sweep(), pace)

    # Functions end within minutes: none that began before a repair ends a day after it.
    @precondition(lambda self: not self.paused)
    @rule(tenant=tenants)
    def repair(self, tenant: TenantId) -> None:
        assert self.world.finish(self.world.repair(tenant)).result

    @rule(seconds=waits)
    def wait(self, seconds: float) -> None:
        self.world.clock.advance(seconds)

    @rule(seconds=errors_of_clocks)
    def another_function_with_another_clock(self, seconds: float) -> None:
        self.world.clock.go_wrong_by(seconds)

    @precondition(lambda self: self.paused)
    @rule(number=numbers, pace=paces)
    def resume(self, number: int, pace: Pace) -> None:
        self.go(self.paused.pop(number % len(self.paused)), pace)

    def teardown(self) -> None:
        with self.resources:
            if self.watched.broken:
                for operation in self.paused:
                    operation.abandon()
                return
            for operation in self.paused:
                self.world.finish(operation)
            self.world.clock.go_wrong_by(0)
            self.world.clock.now = self.world.clock.at_most()
            self.check_the_end()

    def check_the_end(self) -> None:
        check_settling(self.world)

    def one_file(self, number: int) -> tuple[TenantId, FileId]:
        """A file that is there, or was."""
        return self.watched.seen[number % len(self.watched.seen)]
