"""How many requests a worker sends to an upstream that throttles, fails, or is away."""

from __future__ import annotations

from larder.services.batches.gates import Gate, gate_for
from tests.fakes.rate_limits import InMemoryRateLimits
from tests.samples import an_upstream

LIMITS = InMemoryRateLimits()


def sent(gate: Gate, now: float) -> int:
    """Send as many requests as the gate lets through, and return how many."""
    count = 0
    while gate.admits(lambda: now, 100, LIMITS):
        count += 1
    return count


def test_an_upstream_is_asked_as_much_at_once_as_it_takes() -> None:
    assert sent(gate_for(an_upstream(concurrency=50)), 0.0) == 50


def test_all_that_fails_at_once_opens_the_circuit_for_a_second() -> None:
    gate = gate_for(an_upstream(concurrency=50))
    for _ in range(sent(gate, 0.0)):
        gate.failed(0.1, reached=False)

    assert gate.unreachable
    assert sent(gate, 1.0) == 0
    assert sent(gate, 1.2) == 1, "one request looks whether the upstream is back"


def test_the_pauses_of_an_open_circuit_double_up_to_a_minute() -> None:
    gate = gate_for(an_upstream(concurrency=50))
    now = 0.0
    for _ in range(sent(gate, now)):
        gate.failed(now, reached=False)
    pauses = []
    for _ in range(9):
        pauses.append(gate.closed_until - now)
        now = gate.closed_until
        assert sent(gate, now) == 1
        gate.failed(now, reached=False)

    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_the_first_answer_closes_the_circuit() -> None:
    gate = gate_for(an_upstream(concurrency=50))
    for _ in range(sent(gate, 0.0)):
        gate.failed(0.0, reached=False)
    assert sent(gate, 1.0) == 1

    gate.answered(100)

    assert not gate.unreachable
    assert sent(gate, 1.0) == 50


def test_a_lost_connection_now_and_then_opens_no_circuit() -> None:
    gate = gate_for(an_upstream(concurrency=50))
    for _ in range(100):
        for _ in range(4):
            assert gate.admits(lambda: 0.0, 100, LIMITS)
            gate.failed(0.0, reached=False)
        assert gate.admits(lambda: 0.0, 100, LIMITS)
        gate.answered(100)

    assert not gate.unreachable
    assert sent(gate, 0.0) == 50


def test_refusals_for_too_many_requests_halve_what_is_sent_once() -> None:
    gate = gate_for(an_upstream(concurrency=48))
    for _ in range(sent(gate, 0.0)):
        gate.throttled(0.1, 2.0)

    assert sent(gate, 2.0) == 0, "no request before the time that the upstream asks for"
    assert sent(gate, 2.1) == 24
