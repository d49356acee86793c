"""Which upstream a worker asks, as the operator changes them."""

from __future__ import annotations

from larder.services.batches.routes import REFRESH_SECONDS, Routes
from tests.fakes.upstreams import InMemoryUpstreams
from tests.samples import an_upstream

NOW = 1_000.0


def test_upstreams_are_read_again_after_half_a_minute() -> None:
    records = InMemoryUpstreams()
    records.put(an_upstream("one"))
    routes = Routes(records)
    assert not routes.refresh(NOW), "the first time nothing has changed"

    records.remove("one")

    assert not routes.refresh(NOW + REFRESH_SECONDS - 1)
    assert routes.gate_of("m") is not None
    assert routes.refresh(NOW + REFRESH_SECONDS)
    assert routes.gate_of("m") is None
    assert not routes.refresh(NOW + 3 * REFRESH_SECONDS)


def test_a_changed_upstream_keeps_its_gate() -> None:
    records = InMemoryUpstreams()
    records.put(an_upstream("one", concurrency=50))
    routes = Routes(records)
    routes.refresh(NOW)
    gate = routes.gate_of("m")
    assert gate is not None
    gate.answers = 7

    records.put(an_upstream("one", concurrency=3, secret_id="another"))

    assert routes.refresh(NOW + REFRESH_SECONDS)
    assert routes.gate_of("m") is gate
    assert (gate.answers, gate.window, gate.upstream.secret_id) == (7, 3, "another")
