"""Which upstream a worker sends a line to, as the operator has it now."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from larder.domain.batch_answers import Answer
from larder.domain.batch_kept import UNKNOWN_BYTES
from larder.domain.batches import BatchError
from larder.domain.upstreams import route
from larder.services.batches.gates import Gate, gate_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    from larder.domain.batch_answers import NoAnswer
    from larder.domain.batch_kept import KeptGate
    from larder.domain.upstreams import Upstream
    from larder.services.batches.model_ports import UpstreamRecords

REFRESH_SECONDS = 30.0
"""Seconds after which the upstreams are read again: one that was removed is soon asked no more."""

NOT_SERVED = Answer(
    404,
    b'{"error":{"message":"No upstream of this deployment serves the model.",'
    b'"type":"invalid_request_error","param":"model","code":"model_not_found"}}',
)
"""The answer to a request whose model no upstream serves."""


def refused_by(upstream: Upstream, answer: Answer | NoAnswer) -> BatchError:
    """Return why a batch stops whose upstream accepts nothing from us."""
    status = answer.status if isinstance(answer, Answer) else 0
    message = (
        f"The upstream '{upstream.name}' refused the request with status {status}. "
        "The operator has to look at its key and its credit. Then retry the batch."
    )
    return BatchError("upstream_refused", message)


@dataclass(slots=True)
class Routes:
    """The upstreams, and the gate of each that was asked; `kept` is of the worker before."""

    records: UpstreamRecords
    kept: Sequence[KeptGate] = ()
    _upstreams: Sequence[Upstream] = ()
    _gates: dict[str, Gate] = field(default_factory=dict)
    _read_at: float | None = None

    def refresh(self, now: float) -> bool:
        """Read the upstreams if that is due; tell whether they have changed since the last time.

        A gate goes on with what it knows of its upstream.
        """
        if self._read_at is not None and now < self._read_at + REFRESH_SECONDS:
            return False
        first = self._read_at is None
        found = self.records.list()
        changed = not first and found != self._upstreams
        self._upstreams, self._read_at = found, now
        for upstream in found:
            gate = self._gates.get(upstream.name)
            if gate is not None:
                gate.upstream = upstream
                gate.window = min(gate.window, upstream.concurrency)
        return changed

    def gate_of(self, model: str) -> Gate | None:
        """Return the gate that a request for the model has to pass; None when nobody serves it."""
        upstream = route(model, self._upstreams)
        if upstream is None:
            return None
        if upstream.name not in self._gates:
            kept = (each for each in self.kept if each.base_url == upstream.base_url)
            self._gates[upstream.name] = gate_for(upstream, next(kept, None))
        return self._gates[upstream.name]

    def to_keep(self) -> list[KeptGate]:
        """Return what the worker after this one goes on from."""
        return [gate.kept for gate in self._gates.values()]

    @property
    def answers(self) -> int:
        """The answers that have come, of all upstreams."""
        return sum(gate.answers for gate in self._gates.values())

    @property
    def unreachable(self) -> tuple[str, ...]:
        """The names of upstreams that cannot be reached."""
        return tuple(name for name, gate in self._gates.items() if gate.unreachable)

    @property
    def most_in_flight(self) -> int:
        """The calls that one upstream takes at once, of the one that takes the most."""
        return max((upstream.concurrency for upstream in self._upstreams), default=1)

    @property
    def answer_bytes(self) -> int:
        """The size that an answer is taken to have, of the upstream with the longest ones."""
        return max((gate.answer_bytes for gate in self._gates.values()), default=UNKNOWN_BYTES)
