"""`larder upstream`, on moto."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from larder.domain.upstreams import Auth, Upstream
from tests.integration.local_stack import local_stack, nowhere
from tests.support.cli import Printed, larder

if TYPE_CHECKING:
    from larder.runtime.composition import Composition

__all__ = ["local_stack", "nowhere"]

pytestmark = pytest.mark.usefixtures("local_stack")

URL = "https://models.example/v1"


def add(name: str, *options: str) -> Printed:
    return larder("upstream", "add", name, "--base-url", URL, "--models", "*", *options)


def test_an_upstream_is_kept_with_all_its_options(ports: Composition) -> None:
    added = larder(
        "upstream",
        "add",
        "openai",
        "--base-url",
        "https://api.openai.com/v1",
        "--models",
        "gpt-*, o*",
        "--auth",
        "bearer",
        "--secret-id",
        "larder/upstreams/openai",
        "--model-name",
        "gpt-5-mini",
        "--concurrency",
        "20",
        "--rpm",
        "500",
        "--tpm",
        "90000",
        "--timeout",
        "120",
        "--json",
    )

    [kept] = ports.upstreams.list()
    assert kept == Upstream(
        name="openai",
        base_url="https://api.openai.com/v1",
        models=("gpt-*", "o*"),
        created_at=kept.created_at,
        auth=Auth.BEARER,
        secret_id="larder/upstreams/openai",
        model_name="gpt-5-mini",
        concurrency=20,
        requests_per_minute=500,
        tokens_per_minute=90_000,
        timeout=120,
    )
    assert added.json["models"] == ["gpt-*", "o*"]
    assert larder("upstream", "list", "--json").json == [added.json]


def test_an_upstream_may_be_signed_for(ports: Composition) -> None:
    assert add("bedrock", "--auth", "sigv4", "--service", "bedrock").exit_code == 0

    [kept] = ports.upstreams.list()
    assert (kept.auth, kept.service, kept.secret_id) == (Auth.SIGV4, "bedrock", None)


def test_the_list_shows_what_each_upstream_serves() -> None:
    add("vllm", "--model-name", "llama", "--rpm", "60")

    printed = larder("upstream", "list")

    assert printed.exit_code == 0
    row = next(line for line in printed.stdout.splitlines() if "vllm" in line)
    assert row.split() == ["vllm", "*", "→", "llama", URL, "none", "50", "60", "-", "600", "s"]


def test_adding_a_name_again_replaces_the_upstream_and_keeps_its_age(ports: Composition) -> None:
    old = Upstream("vllm", "http://old.example/v1", ("llama*",), created_at=1_000)
    ports.upstreams.put(old)

    printed = add("vllm")

    assert printed.stderr == "vllm is replaced. It serves *.\n"
    assert ports.upstreams.list() == [Upstream("vllm", URL, ("*",), created_at=1_000)]


def test_a_removed_upstream_is_gone(ports: Composition) -> None:
    add("vllm")

    assert larder("upstream", "remove", "vllm", "--json").json == {"name": "vllm", "removed": True}

    assert ports.upstreams.list() == []


def test_an_unknown_upstream_cannot_be_removed() -> None:
    printed = larder("upstream", "remove", "nothing")

    assert printed.exit_code == 1
    assert printed.stderr == (
        "larder: There is no upstream 'nothing'. 'larder upstream list' shows them all.\n"
    )


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--auth", "bearer"), "--auth bearer and --secret-id belong together"),
        (("--secret-id", "larder/upstreams/x"), "--auth bearer and --secret-id belong together"),
        (("--auth", "sigv4"), "--auth sigv4 and --service belong together"),
        (("--service", "bedrock"), "--auth sigv4 and --service belong together"),
        (("--auth", "bearer", "--secret-id", "prod/openai"), "must begin with 'larder/upstreams/'"),
        (("--concurrency", "0"), "--concurrency"),
    ],
)
def test_options_that_do_not_fit_together_are_refused(
    ports: Composition, options: tuple[str, ...], reason: str
) -> None:
    printed = add("vllm", *options)

    assert printed.exit_code == 2
    assert reason in " ".join(printed.stderr.replace("│", " ").split())
    assert ports.upstreams.list() == []


@pytest.mark.parametrize(
    ("name", "url", "models"),
    [
        ("No Name", URL, "*"),
        ("vllm", "models.example/v1", "*"),
        ("vllm", "https://user:word@models.example/v1", "*"),
        ("vllm", URL, "gpt-*,"),
    ],
)
def test_what_makes_no_upstream_is_refused_in_one_line(
    ports: Composition, name: str, url: str, models: str
) -> None:
    printed = larder("upstream", "add", name, "--base-url", url, "--models", models)

    assert printed.exit_code == 1
    assert printed.stderr.startswith("larder: ")
    assert printed.stderr.count("\n") == 1
    assert ports.upstreams.list() == []
