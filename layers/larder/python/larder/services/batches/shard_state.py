"""A shard in the hands of one worker: its lines, what was sent, and what came back."""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from larder.domain.batch_answers import (
    Answer,
    Attempts,
    Kept,
    NoAnswer,
    Verdict,
    body_to_send,
    decode_kept,
    judge,
)
from larder.domain.batches import BatchError
from larder.domain.ids import new_request_id
from larder.domain.upstreams import route
from larder.services.batches.gates import Gate, gate_for
from larder.services.batches.model_ports import Call
from larder.services.batches.open_chunks import OpenChunk, open_chunk
from larder.services.batches.shard_lines import ShardLine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from larder.domain.batch_plan import Plan
    from larder.domain.batches import Batch
    from larder.domain.ids import TenantId
    from larder.domain.upstreams import Upstream
    from larder.services.batches.run_shard import RunShard

SAVE_SECONDS = 5.0
"""Seconds between two saves of the answers in open chunks, at the least."""

_SAVED_A_SECOND = 16 * 2**20
"""Bytes of answers for which saving may take another second of the time between two saves."""

MAX_OPEN_BYTES = 160 * 2**20
"""Bytes of answers in open chunks above which no further chunk is opened."""


@dataclass(slots=True)
class ShardState:
    """What one worker knows of its shard. `stopped` once an upstream refused us for good."""

    tenant: TenantId
    batch: Batch
    shard: int
    plan: Plan
    ports: RunShard
    stopped: bool = False
    _waiting_chunks: deque[int] = field(default_factory=deque)
    _open: dict[int, OpenChunk] = field(default_factory=dict)
    _ready: deque[ShardLine] = field(default_factory=deque)
    _later: list[tuple[float, int, ShardLine]] = field(default_factory=list)
    _sent: dict[int, ShardLine] = field(default_factory=dict)
    _gates: dict[str, Gate] = field(default_factory=dict)
    _upstreams: Sequence[Upstream] = ()
    _kept: Kept = field(default_factory=Kept)
    _attempts: dict[tuple[int, int], Attempts] = field(default_factory=dict)
    _serial: int = 0
    _unsaved: int = 0
    _held: int = 0
    _saved_at: float = 0.0

    def __post_init__(self) -> None:
        objects, batch_id = self.ports.batch_objects, self.batch.id
        chunks = self.plan.chunks_of(self.shard)
        stored = objects.stored_chunks(self.tenant, batch_id, chunks)
        self._waiting_chunks.extend(number for number in chunks if number not in stored)
        if self._waiting_chunks:
            self._kept = decode_kept(objects.get_partial(self.tenant, batch_id, self.shard))
            self._attempts = {(each.chunk, each.index): each for each in self._kept.attempts}
            self._upstreams = self.ports.upstreams.list()
        self._saved_at = self.ports.clock()

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
            chunk = open_chunk(number, data, self._kept)
            self._open[number] = chunk
            self._held += sum(len(answer.line) for answer in chunk.answers.values())
            for index in chunk.unanswered():
                self._enqueue(chunk, index)
            self._close(chunk)

    def _has_room(self) -> bool:
        if not self._open:
            return True
        lines = len(self._ready) + len(self._later) + len(self._sent)
        return lines < self._most_in_flight() and self._held < MAX_OPEN_BYTES

    def _most_in_flight(self) -> int:
        return max((upstream.concurrency for upstream in self._upstreams), default=1)

    def _enqueue(self, chunk: OpenChunk, index: int) -> None:
        request = chunk.requests[index]
        upstream = route(request.model, self._upstreams)
        if upstream is None:
            missing = (
                b'{"error":{"message":"No upstream of this deployment serves the model.",'
                b'"type":"invalid_request_error","param":"model","code":"model_not_found"}}'
            )
            self._answer(chunk, index, Answer(404, missing), good=False)
            return
        gate = self._gates.setdefault(upstream.name, gate_for(upstream))
        before = self._attempts.get((chunk.number, index), Attempts(chunk.number, index))
        self._ready.append(
            ShardLine(
                chunk,
                index,
                gate,
                tries=before.tries,
                failures=before.failures,
                failures_alone=before.failures_alone,
            )
        )

    def send(self) -> None:
        """Send what the gates of the upstreams let through."""
        now = self.ports.clock()
        self._due(now)
        for _ in range(len(self._ready)):
            line = self._ready.popleft()
            request = line.chunk.requests[line.index]
            if not line.gate.admits(now, len(request.body), self.ports.limits):
                self._ready.append(line)
                continue
            line.tries += 1
            line.answers_seen = line.gate.answers
            self._serial += 1
            self._sent[self._serial] = line
            upstream = line.gate.upstream
            self.ports.calls.begin(
                Call(
                    self._serial, upstream, request.url, body_to_send(request, upstream.model_name)
                )
            )

    def _due(self, now: float) -> None:
        while self._later and self._later[0][0] <= now:
            self._ready.append(heapq.heappop(self._later)[2])

    def receive(self, seconds: float) -> None:
        """Take in the answers that have come, waiting up to `seconds` for the first one."""
        for call, answer in self.ports.calls.wait(seconds):
            self._take(self._sent.pop(call.line), answer)

    def _take(self, line: ShardLine, answer: Answer | NoAnswer) -> None:
        now = self.ports.clock()
        match judge(answer):
            case Verdict.GOOD | Verdict.BAD as verdict:
                line.gate.answered()
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
        self._unsaved += 1
        self._serial += 1
        at = now + at_least + line.backoff(self.ports.jitter())
        heapq.heappush(self._later, (at, self._serial, line))

    def _stop(self, upstream: Upstream, answer: Answer | NoAnswer) -> None:
        if self.stopped:
            return
        self.stopped = True
        status = answer.status if isinstance(answer, Answer) else 0
        message = (
            f"The upstream '{upstream.name}' refused the request with status {status}. "
            "The operator has to look at its key and its credit. Then create the batch again."
        )
        error = BatchError("upstream_refused", message)
        self.ports.batches.stop(self.tenant, self.batch, error, at=int(self.ports.clock()))

    def _answer(
        self, chunk: OpenChunk, index: int, answer: Answer | NoAnswer, *, good: bool
    ) -> None:
        line_id = new_request_id(self.ports.clock())
        self._held += chunk.record(index, answer, line_id, good=good)
        self._unsaved += 1

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
        pause = SAVE_SECONDS + self._held / _SAVED_A_SECOND
        due = at_once or now - self._saved_at >= pause
        if self.done or self._unsaved == 0 or not due:
            return
        waiting = set(self._waiting_chunks)
        lines = [*self._ready, *(each[2] for each in self._later), *self._sent.values()]
        kept = Kept(
            answers=[
                *(each for chunk in self._open.values() for each in chunk.answers.values()),
                *(each for each in self._kept.answers if each.chunk in waiting),
            ],
            attempts=[line.attempts for line in lines if line.tries],
        )
        self.ports.batch_objects.put_partial(self.tenant, self.batch.id, self.shard, kept.encode())
        self._unsaved, self._saved_at = 0, now
