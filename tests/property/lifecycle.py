"""What clients, workers, clocks and failures may do, in any order."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING
from unittest.mock import patch

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from larder.domain.errors import NotFoundError
from larder.domain.quota import Amount
from larder.services.files_list import list_files
from tests.property.invariants import Invariants, check_settling
from tests.property.operations import Interruption, Operation
from tests.property.world import TENANTS, VALID, World

if TYPE_CHECKING:
    from larder.domain.ids import FileId, TenantId
    from larder.domain.uploads import Upload
    from tests.backends.backend import Backend

tenants = st.sampled_from(TENANTS)
sizes = st.sampled_from([0, 10, len(VALID), 100, 150])
purposes = st.sampled_from(["batch", "user_data"])
lives = st.sampled_from([None, 3_600, 7_200])
limits = st.builds(Amount, files=st.integers(0, 6), bytes=st.sampled_from([0, 100, 300, 600]))
waits = st.sampled_from([0.001, 1, 60, 900, 1_800, 3_599, 3_600, 90_000])
numbers = st.integers(0, 30)
# To the end; or so many port calls far, and then what happens: None is a pause.
paces = st.none() | st.tuples(
    st.integers(0, 2) | st.integers(0, 12), st.sampled_from([None, *Interruption])
)

type Pace = tuple[int, Interruption | None] | None


class Lifecycle(RuleBasedStateMachine):
    """The rules; a subclass says what stands behind the ports.

    With `closely` what is stored is checked after every port call, else after every operation.
    """

    closely = True

    def __init__(self) -> None:
        super().__init__()
        self.resources = ExitStack()
        # Ids decide order and shards: the same rules have to make the same ones.
        serial = iter(range(10**9))
        digits = self.resources.enter_context(patch("larder.domain.ids.secrets.token_hex"))
        digits.side_effect = lambda _: f"{next(serial):012x}"
        self.world = World(self.backend(), closely=self.closely)
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

    @rule(tenant=tenants, size=sizes, purpose=purposes, life=lives, pace=paces)
    def create_file(
        self, tenant: TenantId, size: int, purpose: str, life: int | None, pace: Pace
    ) -> None:
        self.go(self.world.create_file(tenant, size, purpose, life), pace)

    @rule(tenant=tenants, size=sizes, purpose=purposes, life=lives, pace=paces)
    def create_upload(
        self, tenant: TenantId, size: int, purpose: str, life: int | None, pace: Pace
    ) -> None:
        self.go(self.world.create_upload(tenant, size, purpose, life), pace)

    @precondition(lambda self: self.watched.stored.uploads)
    @rule(number=numbers)
    def put(self, number: int) -> None:
        tenant, upload = self.one_upload(number)
        # S3 checks a signature when a PUT begins; its last byte may come minutes later.
        if self.world.clock() < upload.expires_at + 600:
            self.world.put(tenant, upload)

    @precondition(lambda self: self.watched.stored.uploads)
    @rule(number=numbers, pace=paces)
    def send_part(self, number: int, pace: Pace) -> None:
        self.go(self.world.send_part(*self.one_upload(number)), pace)

    @precondition(lambda self: self.watched.stored.uploads)
    @rule(number=numbers, pace=paces)
    def complete(self, number: int, pace: Pace) -> None:
        self.go(self.world.complete(*self.one_upload(number)), pace)

    @precondition(lambda self: self.watched.stored.uploads)
    @rule(number=numbers, pace=paces)
    def cancel(self, number: int, pace: Pace) -> None:
        self.go(self.world.cancel(*self.one_upload(number)), pace)

    @precondition(lambda self: self.watched.seen)
    @rule(number=numbers, pace=paces)
    def delete(self, number: int, pace: Pace) -> None:
        self.go(self.world.delete(*self.one_file(number)), pace)

    @precondition(lambda self: self.watched.seen)
    @rule(number=numbers)
    def reach_into_another_project(self, number: int) -> None:
        owner, file_id = self.one_file(number)
        intruder = TENANTS[1 - TENANTS.index(owner)]
        operation = self.world.finish(self.world.delete(intruder, file_id))
        assert isinstance(operation.error, NotFoundError)

    @rule(tenant=tenants, pace=paces)
    def read_usage(self, tenant: TenantId, pace: Pace) -> None:
        self.go(self.world.read_usage(tenant), pace)

    @rule(tenant=tenants, limit=limits, pace=paces)
    def set_limit(self, tenant: TenantId, limit: Amount, pace: Pace) -> None:
        self.go(self.world.set_limit(tenant, limit), pace)

    @precondition(lambda self: self.world.arrivals)
    @rule(number=numbers, again=st.booleans(), pace=paces)
    def receive(self, number: int, again: bool, pace: Pace) -> None:  # noqa: FBT001
        arrivals = self.world.arrivals
        self.go(self.world.receive(arrivals[number % len(arrivals)], again=again), pace)

    @precondition(lambda self: self.world.removals)
    @rule(number=numbers, again=st.booleans(), pace=paces)
    def clear(self, number: int, again: bool, pace: Pace) -> None:  # noqa: FBT001
        removals = self.world.removals
        self.go(self.world.clear(removals[number % len(removals)], again=again), pace)

    @precondition(lambda self: self.world.arrivals)
    @rule(number=numbers)
    def lose_an_arrival(self, number: int) -> None:
        self.world.lose(self.world.arrivals[number % len(self.world.arrivals)])

    @rule(pace=paces)
    def sweep(self, pace: Pace) -> None:
        self.go(self.world.sweep(), pace)

    @rule(seconds=waits)
    def wait(self, seconds: float) -> None:
        self.world.clock.advance(seconds)

    @rule()
    def a_day_later_ttl_collects(self) -> None:
        self.world.clock.advance(90_000)
        self.world.collect_ttl()

    @precondition(lambda self: self.paused)
    @rule(number=numbers, pace=paces)
    def resume(self, number: int, pace: Pace) -> None:
        self.go(self.paused.pop(number % len(self.paused)), pace)

    @rule(tenant=tenants)
    def list_files(self, tenant: TenantId) -> None:
        listed = list_files(
            tenant,
            limit=100,
            after=None,
            order="asc",
            purpose=None,
            files=self.world.backend.files,
            clock=self.world.clock,
        )
        stored = self.watched.stored.files
        assert {file.id for file in listed.files} == {
            file_id
            for (owner, file_id), file in stored.items()
            if owner == tenant and not file.expired(self.world.clock())
        }

    def teardown(self) -> None:
        with self.resources:
            if self.watched.broken:
                for operation in self.paused:
                    operation.abandon()
                return
            for operation in self.paused:
                self.world.finish(operation)
            check_settling(self.world)

    def one_upload(self, number: int) -> tuple[TenantId, Upload]:
        uploads = list(self.watched.stored.uploads.items())
        (tenant, _), upload = uploads[number % len(uploads)]
        return tenant, upload

    def one_file(self, number: int) -> tuple[TenantId, FileId]:
        """A file that is there, or was."""
        return self.watched.seen[number % len(self.watched.seen)]
