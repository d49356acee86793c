"""The operator's upstreams."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.domain.upstreams import Auth
from tests.fakes.clock import START
from tests.samples import an_upstream

if TYPE_CHECKING:
    from tests.backends.backend import Backend

NOW = int(START)


def test_an_upstream_is_read_as_it_was_recorded(backend: Backend) -> None:
    plain = an_upstream("plain")
    full = an_upstream(
        "full",
        created_at=NOW + 1,
        base_url="https://bedrock-runtime.eu-west-1.amazonaws.com/openai/v1",
        models=("gpt-*", "o?", "ünïcode"),
        auth=Auth.SIGV4,
        secret_id="arn:aws:secretsmanager:eu-west-1:123456789012:secret:key",
        service="bedrock",
        model_name="openai.gpt-oss-120b-1:0",
        concurrency=7,
        requests_per_minute=100,
        tokens_per_minute=200_000,
        timeout=60,
    )

    backend.upstreams.put(plain)
    backend.upstreams.put(full)

    assert list(backend.upstreams.list()) == [plain, full]


def test_without_an_upstream_there_is_none(backend: Backend) -> None:
    assert list(backend.upstreams.list()) == []


def test_the_oldest_upstream_comes_first_then_the_first_name(backend: Backend) -> None:
    newer, older = an_upstream("a", created_at=NOW), an_upstream("z", created_at=NOW - 1)
    twin = an_upstream("b", created_at=NOW)

    for upstream in (twin, newer, older):
        backend.upstreams.put(upstream)

    assert list(backend.upstreams.list()) == [older, newer, twin]


def test_an_upstream_takes_the_place_of_one_of_its_name(backend: Backend) -> None:
    backend.upstreams.put(an_upstream(requests_per_minute=60, model_name="m"))
    changed = an_upstream(base_url="https://models.example/v1")

    backend.upstreams.put(changed)

    assert list(backend.upstreams.list()) == [changed]


def test_an_upstream_is_removed_once(backend: Backend) -> None:
    kept = an_upstream("kept")
    backend.upstreams.put(kept)
    backend.upstreams.put(an_upstream("gone"))

    assert backend.upstreams.remove("gone")
    assert not backend.upstreams.remove("gone")
    assert not backend.upstreams.remove("never-there")

    assert list(backend.upstreams.list()) == [kept]


def test_many_upstreams_are_all_listed(backend: Backend) -> None:
    models = tuple(f"model-{number:04d}-" + "x" * 1_000 for number in range(100))
    for number in range(15):
        backend.upstreams.put(an_upstream(f"u{number:02d}", models=models))

    assert [each.name for each in backend.upstreams.list()] == [f"u{n:02d}" for n in range(15)]
