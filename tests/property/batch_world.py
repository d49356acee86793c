"""A project with batches, whose workers are killed, doubled and outrun at any port call.

Everything runs in one thread. At each port call the schedule may do something else first: move the
clock, cancel, delete the input, run another worker or finisher to its end, or kill the caller. What
one worker does between two of its calls is what any number of others may do meanwhile.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from larder.domain.batch_answers import Answer, NoAnswer, decode_kept
from larder.domain.batches import BatchStatus
from larder.domain.errors import ConflictError, LarderError
from larder.domain.files import FileStatus
from larder.domain.upstreams import Upstream
from larder.services.batches.cancel import cancel_batch
from larder.services.batches.create import CreateBatch, NewBatch
from larder.services.batches.finish import finish_batch
from larder.services.batches.plan import Next, PlanBatch
from larder.services.batches.run_shard import RunShard
from larder.services.files.ports import Settlement
from tests.backends.memory import MemoryBackend
from tests.fakes.batch_objects import InMemoryBatchObjects
from tests.fakes.batches import InMemoryBatches
from tests.fakes.executions import InMemoryExecutions
from tests.fakes.rate_limits import InMemoryRateLimits
from tests.samples import ROOM, TENANT, a_project

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from larder.domain.batches import Batch
    from larder.domain.files import File
    from larder.domain.ids import BatchId, TenantId
    from larder.services.batches.ports import Call

ENDPOINT = "/v1/chat/completions"


class Killed(BaseException):
    """The process is gone."""


class Gated:
    """A port that lets the schedule act before each call."""

    def __init__(self, port: object, before: Callable[[str], None]) -> None:
        self._port = port
        self._before = before

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        if not callable(found):
            return found

        def call(*args: Any, **kwargs: Any) -> Any:
            self._before(name)
            return found(*args, **kwargs)

        return call


class Seen:
    """`BatchObjects` that note which good answers a finisher was given for an open chunk."""

    def __init__(self, objects: InMemoryBatchObjects, kept: set[str]) -> None:
        self._objects = objects
        self._kept = kept

    def __getattr__(self, name: str) -> Any:
        return getattr(self._objects, name)

    def get_partial(self, tenant: TenantId, batch_id: BatchId, shard: int) -> bytes:
        data = self._objects.get_partial(tenant, batch_id, shard)
        for answer in decode_kept(data).answers:
            if answer.good and ((tenant, batch_id), answer.chunk) not in self._objects.chunks:
                self._kept.add(json.loads(answer.line)["custom_id"])
        return data


@dataclass
class Models:
    """`ModelCalls` of one worker; `answer` decides, `log` keeps what was asked, with its time."""

    world: BatchWorld
    waiting: list[Call] = field(default_factory=list)

    def abandon(self) -> None:
        self.waiting.clear()

    def begin(self, call: Call) -> None:
        body = json.loads(call.body)
        self.world.asked.append((self.world.clock(), body["n"]))
        self.waiting.append(call)

    def wait(self, seconds: float) -> Sequence[tuple[Call, Answer | NoAnswer]]:
        self.world.clock.advance(max(seconds, 0.01))
        come, self.waiting = self.waiting, []
        return [(call, self.world.answer(json.loads(call.body)["n"])) for call in come]

    @property
    def in_flight(self) -> int:
        return len(self.waiting)


class Upstreams:
    """One upstream for every model."""

    def list(self) -> list[Upstream]:
        return [Upstream("all", "http://127.0.0.1/v1", ("*",), created_at=0, concurrency=4)]


class BatchWorld:
    """The use cases of batches on fakes, with a schedule between their calls."""

    def __init__(self, lines: int, answer: Callable[[int], Answer | NoAnswer]) -> None:
        self.backend = MemoryBackend()
        self.clock = self.backend.clock
        a_project(self.backend, limit=ROOM)
        self.batches = InMemoryBatches(self.backend.store)
        self.objects = InMemoryBatchObjects(self.backend.objects)
        self.asked: list[tuple[float, int]] = []
        self.kept: set[str] = set()
        self._answer = answer
        self.schedule: Callable[[str], None] = lambda _: None
        self.depth = 0
        self.cancelled = False
        self.input = self._input(lines)
        self.seen: dict[BatchId, BatchStatus] = {}

    def answer(self, number: int) -> Answer | NoAnswer:
        return self._answer(number)

    def _input(self, lines: int) -> File:
        data = b"".join(
            json.dumps(
                {
                    "custom_id": f"c{n}",
                    "method": "POST",
                    "url": ENDPOINT,
                    "body": {"model": "m", "n": n, "messages": []},
                }
            ).encode()
            + b"\n"
            for n in range(lines)
        )
        from tests.unit.use_cases import store  # noqa: PLC0415 - until wiring is shared

        file = store(self.backend, data[:900], filename="q.jsonl", purpose="batch")
        self.backend.objects.files[TENANT, file.id] = data
        report = {"valid": True, "endpoint": ENDPOINT, "model": "m", "errors": []}
        self.backend.objects.reports[TENANT, file.id] = json.dumps(report).encode()
        self.backend.files.settle(TENANT, file, Settlement(FileStatus.PROCESSED))
        return file

    def _gated(self, port: object) -> Any:
        return Gated(port, self._before)

    def _before(self, name: str) -> None:
        self.check_forward()
        if self.depth < 3:
            self.depth += 1
            try:
                self.schedule(name)
            finally:
                self.depth -= 1

    def create(self, **changes: Any) -> Batch:
        create = CreateBatch(self.batches, self.backend.files, InMemoryExecutions(), self.clock)
        return create(TENANT, NewBatch(self.input.id, ENDPOINT, **changes))

    def plan(self, batch_id: BatchId) -> Next:
        plan = PlanBatch(
            self._gated(self.batches),
            self._gated(self.backend.files),
            self._gated(self.backend.objects),
            self._gated(self.objects),
            self.clock,
        )
        return plan(TENANT, batch_id).next

    def work(self, batch_id: BatchId, shard: int = 0, patience: int = 10_000) -> bool:
        turns = iter(range(patience))
        return RunShard(
            batches=self._gated(self.batches),
            batch_objects=self._gated(self.objects),
            upstreams=self._gated(Upstreams()),
            limits=InMemoryRateLimits(),
            calls=self._gated(Models(self)),
            clock=self.clock,
            jitter=lambda: 0.5,
        )(TENANT, batch_id, shard, keep_going=lambda: next(turns, None) is not None).more

    def finish(self, batch_id: BatchId, patience: int = 10_000) -> Next:
        turns = iter(range(patience))
        seen = Seen(self.objects, self.kept)
        return finish_batch(
            TENANT,
            batch_id,
            keep_going=lambda: next(turns, None) is not None,
            batches=self._gated(self.batches),
            batch_objects=self._gated(seen),
            clock=self.clock,
        )

    def cancel(self, batch_id: BatchId) -> None:
        self.cancelled = True
        try:
            cancel_batch(TENANT, batch_id, batches=self.batches, clock=self.clock)
        except ConflictError:
            assert self.batches.batches[TENANT, batch_id].status.terminal

    def attempt(self, what: Callable[[], object]) -> None:
        """Run something that may be killed."""
        # A LookupError is a function that failed: what it read was cleared after the batch's end.
        with suppress(Killed, LarderError, LookupError):
            what()

    def run_to_the_end(self, batch_id: BatchId) -> Batch:
        """Do what the state machine does, undisturbed."""
        self.schedule = lambda _: None
        for _ in range(1_000):
            batch = self.batches.batches[TENANT, batch_id]
            match self.plan(batch_id):
                case Next.STOP:
                    return batch
                case Next.WAIT:
                    self.clock.advance(60)
                    continue
                case Next.RUN:
                    plan = self.objects.plans[TENANT, batch_id]
                    for shard in plan.shards():
                        while self.work(batch_id, shard):
                            self.clock.advance(60)
            self.finish(batch_id)
        raise AssertionError(f"{batch_id} does not end")

    def check_forward(self) -> None:
        """Check that no status goes back, and that nothing moves after the end."""
        for (_, batch_id), batch in self.batches.batches.items():
            before = self.seen.get(batch_id, BatchStatus.VALIDATING)
            if before is not batch.status:
                assert not before.terminal, (before, batch.status)
                order = list(_ORDER[before])
                assert batch.status in order, (before, batch.status)
                self.seen[batch_id] = batch.status

    def lines_of(self, file_id: str | None) -> list[dict[str, Any]]:
        if file_id is None:
            return []
        data = self.backend.objects.files[TENANT, file_id]  # type: ignore[index]
        assert data
        return [json.loads(line) for line in data.splitlines()]


_S = BatchStatus
_ORDER: dict[BatchStatus, set[BatchStatus]] = {
    _S.VALIDATING: set(_S) - {_S.VALIDATING},
    _S.IN_PROGRESS: {
        _S.FINALIZING, _S.CANCELLING, _S.CANCELLED, _S.COMPLETED, _S.EXPIRED, _S.FAILED,
    },
    _S.FINALIZING: {_S.COMPLETED, _S.EXPIRED, _S.FAILED, _S.CANCELLING, _S.CANCELLED},
    _S.CANCELLING: {_S.CANCELLED},
}  # fmt: skip
