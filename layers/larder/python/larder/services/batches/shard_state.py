"""A shard in the hands of one worker: its lines, what was sent, and what came back."""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from larder.domain.batch_answers import Answer, NoAnswer, Verdict, body_to_send, judge
from larder.domain.ids import new_request_id
from larder.services.batches.model_ports import Call
from larder.services.batches.open_chunks import OpenChunk, open_chunk
from larder.services.batches.prompts import Prompts
from larder.services.batches.routes import NOT_SERVED, Routes, refused_by
from larder.services.batches.saved import Saved
from larder.services.batches.shard_lines import ShardLine

if TYPE_CHECKING:
    from larder.domain.batch_plan import Plan
    from larder.domain.batches import Batch
    from larder.domain.ids import TenantId
    from larder.domain.upstreams import Upstream
    from larder.services.batches.run_shard import RunShard

MAX_OPEN_BYTES = 160 * 2**20
"""Bytes of requests and answers in open chunks, of those to come as well, that are not exceeded."""

MAX_IN_FLIGHT_BYTES = 96 * 2**20
"""Bytes that the answers under way are taken to have together, unless one alone has more.

What is put into their requests counts as well.
"""


@dataclass(slots=True)
class ShardState:
    """What one worker knows of its shard. `stopped` once an upstream refused us for good."""

    tenant: TenantId
    batch: Batch
    shard: int
    plan: Plan
    ports: RunShard
    routes: Routes = field(init=False)
    saved: Saved = field(init=False)
    prompts: Prompts = field(init=False)
    stopped: bool = False
    _waiting_chunks: deque[int] = field(default_factory=deque)
    _open: dict[int, OpenChunk] = field(default_factory=dict)
    _ready: deque[ShardLine] = field(default_factory=deque)
    _later: list[tuple[float, int, ShardLine]] = field(default_factory=list)
    _sent: dict[int, ShardLine] = field(default_factory=dict)
    _serial: int = 0
    _held: int = 0
    _in_flight_bytes: int = 0

    def __post_init__(self) -> None:
        objects, batch_id = self.ports.batch_objects, self.batch.id
        chunks = self.plan.chunks_of(self.shard)
        stored = objects.stored_chunks(self.tenant, batch_id, chunks)
        self._waiting_chunks.extend(number for number in chunks if number not in stored)
        self.routes = Routes(self.ports.upstreams)
        self.prompts = Prompts(partial(objects.get_pinned, self.tenant, batch_id))
        self.saved = Saved(partial(objects.put_partial, self.tenant, batch_id, self.shard))
        if self._waiting_chunks:
            now = self.ports.clock()
            self.saved.load(objects.get_partial(self.tenant, batch_id, self.shard), now)
            self.routes.kept = self.saved.found.gates or self.ports.learned.get(batch_id, ())
            self.routes.refresh(now)

    @property
    def done(self) -> bool:
        """Whether every chunk of the shard is stored."""
        return not self._waiting_chunks and not self._open

    def idle_seconds(self) -> float | None:
        """Return the seconds until there is something to send; None when an answer has to come.

        A line that `send` has left behind though its gate is open waits for another's answer.
        """
        now = self.ports.clock()
        if self._waiting_chunks and self._has_room():
            return 0.0
        times = [line.gate.closed_until for line in self._ready if line.gate.closed_until > now]
        if self._later:
            times.append(self._later[0][0])
        return max(0.0, min(times) - now) if times else None

    def open_chunks(self) -> None:
        """Open chunks while there are fewer lines to send than may be in flight."""
        objects, batch_id = self.ports.batch_objects, self.batch.id
        while self._waiting_chunks and self._has_room():
            number = self._waiting_chunks.popleft()
            span = self.plan.chunks[number]
            data = objects.read_input(self.tenant, batch_id, span.start, span.length)
            chunk = open_chunk(number, data, self.saved.found)
            self.saved.opened(number)
            self._open[number] = chunk
            self._held += sum(len(answer.line) for answer in chunk.answers.values())
            for index in chunk.unanswered():
                self._enqueue(chunk, index)
            self._close(chunk)

    def _has_room(self) -> bool:
        """Tell whether another chunk is to be opened: there is too little to send, and memory.

        Lines that wait, for their next try or for their upstream, keep no others from being sent.
        """
        if not self._open:
            return True
        now, sent = self.ports.clock(), len(self._sent)
        to_send = sent + sum(line.gate.closed_until <= now for line in self._ready)
        inputs = sum(self.plan.chunks[number].length for number in self._open)
        following = self.plan.chunks[self._waiting_chunks[0]].lines
        lines = len(self._ready) + len(self._later) + sent + following
        to_hold = self._held + inputs + lines * self.routes.answer_bytes
        return to_send < self.routes.most_in_flight and to_hold < MAX_OPEN_BYTES

    def _enqueue(self, chunk: OpenChunk, index: int) -> None:
        request = chunk.requests[index]
        gate = self.routes.gate_of(request.model)
        if gate is None:
            self._answer(chunk, index, NOT_SERVED, good=False)
            return
        if (refusal := self.prompts.refusal(request)) is not None:
            self._answer(chunk, index, refusal, good=False)
            return
        before = self.saved.attempts_at(chunk.number, index)
        self._ready.append(
            ShardLine(
                chunk,
                index,
                gate,
                tries=before.tries,
                failures=before.failures,
                unexplained=before.unexplained,
                added=self.prompts.added_bytes(request),
            )
        )

    def send(self) -> None:
        """Send what the gates of the upstreams let through, as far as its answers find room."""
        now = self.ports.clock()
        self._due(now)
        if self.routes.refresh(now):
            self._route_again()
        for _ in range(len(self._ready)):
            line = self._ready.popleft()
            request = line.chunk.requests[line.index]
            size = line.gate.answer_bytes + line.added
            sent = len(request.body) + line.added
            full = self._sent and self._in_flight_bytes + size > MAX_IN_FLIGHT_BYTES
            if full or not line.gate.admits(self.ports.clock, sent, self.ports.limits):
                self._ready.append(line)
                continue
            self._in_flight_bytes += size
            line.sent(size)
            self._serial += 1
            self._sent[self._serial] = line
            upstream = line.gate.upstream
            body = body_to_send(self.prompts.completed(request), upstream.model_name)
            self.ports.calls.begin(Call(self._serial, upstream, request.url, body))

    def _route_again(self) -> None:
        """Give what waits to the upstreams that there are now."""
        ready, self._ready = self._ready, deque()
        later, self._later = self._later, []
        self._ready.extend(line for line in ready if self._finds_gate(line))
        self._later.extend(entry for entry in later if self._finds_gate(entry[2]))
        heapq.heapify(self._later)

    def _finds_gate(self, line: ShardLine) -> bool:
        """Give the line the gate of its upstream; answer it if no upstream serves its model."""
        gate = self.routes.gate_of(line.chunk.requests[line.index].model)
        if gate is None:
            self._answer(line.chunk, line.index, NOT_SERVED, good=False)
            self._close(line.chunk)
            return False
        line.goes_through(gate)
        return True

    def _due(self, now: float) -> None:
        while self._later and self._later[0][0] <= now:
            self._ready.append(heapq.heappop(self._later)[2])

    def receive(self, seconds: float) -> None:
        """Take in the answers that have come, waiting up to `seconds` for the first one."""
        for call, answer in self.ports.calls.wait(seconds):
            line = self._sent.pop(call.line)
            self._in_flight_bytes -= line.reserved
            self._take(line, answer)

    def _take(self, line: ShardLine, answer: Answer | NoAnswer) -> None:
        now = self.ports.clock()
        match judge(answer):
            case Verdict.GOOD | Verdict.BAD as verdict:
                line.gate.answered(len(answer.body) if isinstance(answer, Answer) else 0)
                self._answer(line.chunk, line.index, answer, good=verdict is Verdict.GOOD)
                self._close(line.chunk)
            case Verdict.THROTTLED:
                assert isinstance(answer, Answer)  # noqa: S101 - only those are throttled
                line.gate.throttled(now, answer.retry_after)
                self._try_again(line, now, answer.retry_after or 0.0)
            case Verdict.AGAIN:
                line.gate.failed(now, reached=answer is not NoAnswer.CONNECTION)
                if line.fails_for_good(answer):
                    self._answer(line.chunk, line.index, answer, good=False)
                    self._close(line.chunk)
                else:
                    self._try_again(line, now, 0.0)
            case Verdict.STOP:
                line.gate.failed(now, reached=True)
                self._ready.appendleft(line)
                self._stop(line.gate.upstream, answer)

    def _try_again(self, line: ShardLine, now: float, at_least: float) -> None:
        self.saved.changes += 1
        self._serial += 1
        at = now + at_least + line.backoff(self.ports.jitter())
        if self._finds_gate(line):
            heapq.heappush(self._later, (at, self._serial, line))

    def _stop(self, upstream: Upstream, answer: Answer | NoAnswer) -> None:
        if self.stopped:
            return
        self.stopped = True
        error = refused_by(upstream, answer)
        self.ports.batches.stop(self.tenant, self.batch, error, at=int(self.ports.clock()))

    def _answer(
        self, chunk: OpenChunk, index: int, answer: Answer | NoAnswer, *, good: bool
    ) -> None:
        line_id = new_request_id(self.ports.clock())
        self._held += chunk.record(index, answer, line_id, good=good)
        self.saved.changes += 1

    def _close(self, chunk: OpenChunk) -> None:
        if not chunk.complete or chunk.number not in self._open:
            return
        del self._open[chunk.number]
        self._held -= sum(len(answer.line) for answer in chunk.answers.values())
        closed = chunk.close()
        if self.ports.batch_objects.put_chunk(self.tenant, self.batch.id, chunk.number, closed):
            self.ports.batches.add_progress(self.tenant, self.batch.id, closed.progress)

    def save(self, *, at_once: bool) -> None:
        """Keep the answers of open chunks, now or when it is time to."""
        now = self.ports.clock()
        due = at_once or self.saved.due(now, self._held)
        if self.done or self.saved.changes == 0 or not due:
            return
        lines = [*self._ready, *(each[2] for each in self._later), *self._sent.values()]
        self.saved.save(self._open.values(), lines, self.routes.to_keep(), now)
