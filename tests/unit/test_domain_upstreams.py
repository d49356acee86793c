"""Which upstream serves a model, and what an upstream is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from larder.domain.errors import InvalidParameterError
from larder.domain.upstreams import Auth, Upstream, checked_upstream, route

ANY = Upstream("any", "http://a/v1", ("*",), created_at=1)
GPT = Upstream("gpt", "http://b/v1", ("gpt-*", "o*"), created_at=2)
GPT_4 = Upstream("gpt-4", "http://c/v1", ("gpt-4*",), created_at=3)
LATER = replace(GPT_4, name="later", created_at=4)


@pytest.mark.parametrize(
    ("model", "name"),
    [("gpt-4o", "gpt-4"), ("gpt-3.5", "gpt"), ("o3", "gpt"), ("llama", "any"), ("", "any")],
)
def test_the_most_specific_pattern_wins_then_the_older_upstream(model: str, name: str) -> None:
    found = route(model, [LATER, ANY, GPT_4, GPT])

    assert found is not None
    assert found.name == name


def test_a_model_that_nobody_serves_has_no_upstream() -> None:
    assert route("llama", [GPT, GPT_4]) is None
    assert route("llama", []) is None


@pytest.mark.parametrize(
    ("base_url", "url"),
    [
        ("http://a:8000/v1", "http://a:8000/v1/chat/completions"),
        ("http://a:8000/v1/", "http://a:8000/v1/chat/completions"),
        ("https://x.example/openai/v1", "https://x.example/openai/v1/chat/completions"),
    ],
)
def test_an_endpoint_is_asked_below_the_base_url(base_url: str, url: str) -> None:
    assert replace(ANY, base_url=base_url).url_for("/v1/chat/completions") == url


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"name": ""}, "name"),
        ({"name": "Upper"}, "name"),
        ({"base_url": "ftp://a/v1"}, "base_url"),
        ({"base_url": "a/v1"}, "base_url"),
        ({"base_url": "http:///v1"}, "base_url"),
        ({"base_url": "http://a/v1?x=1"}, "base_url"),
        ({"base_url": "http://user@a/v1"}, "base_url"),
        ({"models": ()}, "models"),
        ({"models": ("a", "")}, "models"),
        ({"auth": Auth.BEARER}, "secret_id"),
        ({"auth": Auth.SIGV4}, "service"),
        ({"concurrency": 0}, "limits"),
        ({"requests_per_minute": 0}, "limits"),
        ({"timeout": -1}, "limits"),
    ],
)
def test_an_upstream_whose_parts_do_not_fit_is_refused(changes: dict[str, Any], param: str) -> None:
    with pytest.raises(InvalidParameterError) as refused:
        checked_upstream(replace(ANY, **changes))

    assert refused.value.param == param


def test_an_upstream_whose_parts_fit_is_taken() -> None:
    for upstream in (ANY, replace(GPT, auth=Auth.BEARER, secret_id="key")):
        assert checked_upstream(upstream) is upstream
