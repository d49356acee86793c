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

from larder.domain.batch_kept import KeptGate, decode_kept
from larder.domain.batch_plan import plan_chunks
from larder.domain.batches import BatchStatus
from larder.domain.errors import ConflictError, LarderError
from larder.domain.files import FileStatus, Purpose
from larder.domain.quota import Amount, Held
from larder.services.batches.cancel import cancel_batch
from larder.services.batches.create import CreateBatch, NewBatch
from larder.services.batches.finish import finish_batch
from larder.services.batches.plan import Next, PlanBatch
from larder.services.batches.retry import RetryBatch
from larder.services.batches.run_shard import RunShard
from larder.services.files.ports import Settlement
from larder.services.upkeep.receive_object import ReceiveObject
from tests.backends.memory import MemoryBackend
from tests.fakes.executions import InMemoryExecutions
from tests.samples import TENANT, a_file, a_project, an_upstream, stored_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from larder.domain.batch_answers import Answer, NoAnswer
    from larder.domain.batches import Batch
    from larder.domain.files import File
    from larder.domain.ids import BatchId, FileId, TenantId
    from larder.services.batches.model_ports import Call
    from larder.services.batches.object_ports import BatchObjects
    from larder.services.batches.plan import Step
    from larder.services.batches.run_shard import ShardResult
    from tests.backends.backend import Backend

ENDPOINT = "/v1/chat/completions"
MESSAGES = [{"role": "user", "content": "?"}]


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

    def __init__(self, objects: BatchObjects, kept: set[str]) -> None:
        self._objects = objects
        self._kept = kept

    def __getattr__(self, name: str) -> Any:
        return getattr(self._objects, name)

    def get_partial(self, tenant: TenantId, batch_id: BatchId, shard: int) -> bytes:
        data = self._objects.get_partial(tenant, batch_id, shard)
        answers = decode_kept(data).answers
        numbers = range(max((answer.chunk for answer in answers), default=-1) + 1)
        stored = self._objects.stored_chunks(tenant, batch_id, numbers)
        for answer in answers:
            if answer.good and answer.chunk not in stored:
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


class BatchWorld:
    """The use cases of batches on any backend, with a schedule between their calls."""

    def __init__(
        self,
        lines: int,
        answer: Callable[[int], Answer | NoAnswer],
        backend: Backend | None = None,
    ) -> None:
        # On AWS, a look before every call would take most of the time.
        self._checks_all = backend is None
        self.backend = _in_small_parts() if backend is None else backend
        self.clock = self.backend.clock
        a_project(self.backend, limit=Amount(files=20, bytes=10**6))
        self.backend.upstreams.put(an_upstream(concurrency=4))
        self.batches = self.backend.batches
        self.objects = self.backend.batch_objects
        self.asked: list[tuple[float, int]] = []
        self.kept: set[str] = set()
        self.executions = InMemoryExecutions()
        self._answer = answer
        self.schedule: Callable[[str], None] = lambda _: None
        self.depth = 0
        self.models: type[Models] = Models
        self.learned: dict[BatchId, list[KeptGate]] = {}
        self.cancelled = False
        self._lines = lines
        self.input = self._input(lines)
        self.seen: dict[BatchId, Batch] = {}

    def answer(self, number: int) -> Answer | NoAnswer:
        return self._answer(number)

    def _input(self, lines: int, expires_at: int | None = None, *, validated: bool = True) -> File:
        data = b"".join(
            json.dumps(
                {
                    "custom_id": f"c{n}",
                    "method": "POST",
                    "url": ENDPOINT,
                    "body": {"model": "m", "n": n, "messages": MESSAGES},
                }
            ).encode()
            + b"\n"
            for n in range(lines)
        )
        file = a_file(900, filename="q.jsonl", purpose=Purpose.BATCH, expires_at=expires_at)
        self.backend.files.admit(TENANT, file)
        self.backend.objects.put(TENANT, file.id, data)
        if not validated:
            return file
        report = {
            "valid": True,
            "endpoint": ENDPOINT,
            "model": "m",
            "errors": [],
            "request_count": lines,
        }
        self.backend.objects.put_report(TENANT, file.id, json.dumps(report).encode())
        self.backend.files.settle(TENANT, file, Settlement(FileStatus.PROCESSED))
        return file

    def delete_input(self) -> None:
        """Delete the input with its bytes, as its owner may at any time."""
        file = self.backend.files.get(TENANT, self.input.id)
        if file is not None:
            assert self.backend.files.release(TENANT, file)
            self.backend.objects.delete(TENANT, file.id)

    def expire_input(self, *, in_seconds: int) -> None:
        """Put another input in the place of the first, which expires that soon."""
        self.delete_input()
        self.input = self._input(self._lines, expires_at=int(self.clock()) + in_seconds)

    def hold_the_validation(self) -> None:
        """Put another input in the place of the first, which nobody validates."""
        self.delete_input()
        self.input = self._input(self._lines, validated=False)

    def batch(self, batch_id: BatchId) -> Batch:
        """Return the batch as it is recorded."""
        batch = self.batches.get(TENANT, batch_id)
        assert batch is not None
        return batch

    def stored(self) -> dict[FileId, bytes | None]:
        """Return the bytes of every file."""
        objects = self.backend.snapshot().objects
        return {file_id: stored_bytes(self.backend, file_id) for _, file_id in objects}

    def _gated(self, port: object) -> Any:
        return Gated(port, self._before)

    def _before(self, name: str) -> None:
        if self._checks_all:
            self.check_forward()
        if self.depth < 3:
            self.depth += 1
            try:
                self.schedule(name)
            finally:
                self.depth -= 1

    def create(self, **changes: Any) -> Batch:
        create = CreateBatch(
            self.batches,
            self.backend.files,
            self.backend.objects,
            self.backend.artifacts,
            self.executions,
            self.clock,
        )
        batch = create(TENANT, NewBatch(self.input.id, ENDPOINT, **changes))
        self.seen[batch.id] = batch
        return batch

    def retry(self, batch_id: BatchId) -> Batch:
        batch = self.retry_for(TENANT, batch_id)
        self.seen[batch.id] = batch
        return batch

    def retry_for(self, tenant: TenantId, batch_id: BatchId) -> Batch:
        retry = RetryBatch(
            self._gated(self.batches),
            self._gated(self.backend.files),
            self.executions,
            lambda _: False,
            lambda _: Held(trashed=0, reserved_until=None, exact=True),
            self.clock,
        )
        return retry(tenant, batch_id)

    def receive(self, batch_id: BatchId) -> None:
        """Do what S3's event does once the bytes of the batch's input are there."""
        self.backend.make(ReceiveObject)(TENANT, self.batch(batch_id).input_file_id)

    def plan(self, batch_id: BatchId) -> Next:
        return self.plan_step(batch_id).next

    def plan_step(self, batch_id: BatchId) -> Step:
        plan = PlanBatch(
            self._gated(self.batches),
            self._gated(self.backend.files),
            self._gated(self.backend.objects),
            self._gated(self.backend.artifacts),
            self._gated(self.objects),
            self.clock,
        )
        return plan(TENANT, batch_id)

    def plan_in_chunks(self, batch_id: BatchId, lines: int) -> None:
        """Plan the batch in chunks of that many lines, as another version may, and begin it."""
        self.objects.copy_input(TENANT, self.input.id, batch_id)
        with self.objects.open_input(TENANT, batch_id) as blocks:
            self.objects.put_plan(TENANT, batch_id, plan_chunks(blocks, lines))
        assert self.plan(batch_id) is Next.RUN

    def work(self, batch_id: BatchId, shard: int = 0, patience: int = 10_000) -> bool:
        return self.run_shard(batch_id, shard, patience).more

    def run_shard(self, batch_id: BatchId, shard: int = 0, patience: int = 10_000) -> ShardResult:
        turns = iter(range(patience))
        worker = RunShard(
            batches=self._gated(self.batches),
            batch_objects=self._gated(self.objects),
            upstreams=self._gated(self.backend.upstreams),
            limits=self.backend.limits,
            calls=self._gated(self.models(self)),
            clock=self.clock,
            jitter=lambda: 0.5,
        )
        # As if all workers were of one process.
        worker.learned.update(self.learned)
        result = worker(TENANT, batch_id, shard, keep_going=lambda: next(turns, None) is not None)
        self.learned.update(worker.learned)
        return result

    def finish_in_threads(self, batch_id: BatchId) -> None:
        """Finish the batch as it is done in production."""
        while not self.batch(batch_id).status.terminal:
            finish_batch(
                TENANT,
                batch_id,
                keep_going=lambda: True,
                batches=self.batches,
                batch_objects=self.objects,
                clock=self.clock,
            )

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
            # What happens between two calls is drawn in one thread.
            threads=1,
        )

    def cancel(self, batch_id: BatchId) -> None:
        self.cancelled = True
        try:
            cancel_batch(TENANT, batch_id, batches=self.batches, clock=self.clock)
        except ConflictError:
            assert self.batch(batch_id).status.terminal

    def attempt(self, what: Callable[[], object]) -> None:
        """Run something that may be killed."""
        # A LookupError is a function that failed: what it read was cleared after the batch's end.
        with suppress(Killed, LarderError, LookupError):
            what()

    def run_to_the_end(self, batch_id: BatchId) -> Batch:
        """Do what the state machine does, undisturbed."""
        self.schedule = lambda _: None
        for _ in range(1_000):
            match self.plan(batch_id):
                case Next.STOP:
                    return self.batch(batch_id)
                case Next.WAIT:
                    self.receive(batch_id)
                    self.clock.advance(60)
                    continue
                case Next.RUN:
                    plan = self.objects.get_plan(TENANT, batch_id)
                    assert plan is not None
                    for shard in plan.shards():
                        while self.work(batch_id, shard):
                            self.clock.advance(60)
            self.finish(batch_id)
        raise AssertionError(f"{batch_id} does not end")

    def check_forward(self) -> None:
        """Check that no status or count goes back, and that nothing moves after the end."""
        for batch_id, before in list(self.seen.items()):
            now = self.seen[batch_id] = self.batch(batch_id)
            if before.status is not now.status:
                assert not before.status.terminal, (before, now)
                assert now.status in _ORDER[before.status], (before, now)
            assert before.progress.completed <= now.progress.completed, (before, now)
            assert before.progress.failed <= now.progress.failed, (before, now)
            if before.status.terminal:
                assert before.progress == now.progress, (before, now)

    def lines_of(self, file_id: FileId | None) -> list[dict[str, Any]]:
        if file_id is None:
            return []
        data = stored_bytes(self.backend, file_id)
        assert data
        return [json.loads(line) for line in data.splitlines()]


def _in_small_parts() -> MemoryBackend:
    """Return a backend where an output file of a few lines has several parts already."""
    backend = MemoryBackend()
    backend.batch_objects.part_bytes = 1_000
    return backend


_S = BatchStatus
_ORDER: dict[BatchStatus, set[BatchStatus]] = {
    _S.VALIDATING: set(_S) - {_S.VALIDATING},
    _S.IN_PROGRESS: {
        _S.FINALIZING, _S.CANCELLING, _S.CANCELLED, _S.COMPLETED, _S.EXPIRED, _S.FAILED,
    },
    _S.FINALIZING: {_S.COMPLETED, _S.EXPIRED, _S.FAILED, _S.CANCELLING, _S.CANCELLED},
    _S.CANCELLING: {_S.CANCELLED},
}  # fmt: skip
