"""`larder upstream`, on moto."""

from __future__ import annotations

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest

from larder.domain.upstreams import Auth, Upstream
from tests.fakes.model_server import serving
from tests.integration.local_stack import local_stack, nowhere
from tests.support.cli import Printed, larder

if TYPE_CHECKING:
    from pathlib import Path

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
    assert reason in " ".join(printed.stderr.split())
    assert ports.upstreams.list() == []


@pytest.mark.parametrize(
    ("name", "url", "models"),
    [
        ("No Name", URL, "*"),
        ("vllm", "models.example/v1", "*"),
        ("vllm", "https://user@models.example/v1", "*"),
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


def test_a_test_asks_with_the_upstreams_key_for_its_models(ports: Composition) -> None:
    secrets: Any = botocore.session.get_session().create_client("secretsmanager")
    secrets.create_secret(Name="larder/upstreams/key", SecretString="sk-1")
    with serving([], key="sk-1") as server:
        ports.upstreams.put(
            Upstream(
                "stub",
                server.base_url,
                ("*",),
                created_at=1,
                auth=Auth.BEARER,
                secret_id="larder/upstreams/key",
            )
        )

        printed = larder("upstream", "test", "stub")
        tested = larder("upstream", "test", "stub", "--json").json

    assert (printed.exit_code, printed.stdout) == (0, "")
    assert printed.stderr.startswith("stub answered in ")
    assert (tested["name"], tested["models"]) == ("stub", 1)


def test_a_refused_key_a_missing_secret_and_a_closed_port_are_told_apart(
    ports: Composition,
) -> None:
    with serving([], key="sk-1") as server:
        ports.upstreams.put(Upstream("keyless", server.base_url, ("*",), created_at=1))
        ports.upstreams.put(
            Upstream(
                "secretless",
                server.base_url,
                ("*",),
                created_at=1,
                auth=Auth.BEARER,
                secret_id="larder/upstreams/gone",
            )
        )
        refused = larder("upstream", "test", "keyless")
        unread = larder("upstream", "test", "secretless")
    gone = larder("upstream", "test", "keyless")

    assert (refused.exit_code, unread.exit_code, gone.exit_code) == (1, 1, 1)
    assert refused.stderr.startswith(f"larder: {server.base_url}/models answered 401: ")
    assert unread.stderr.startswith("larder: The secret 'larder/upstreams/gone' cannot be read: ")
    assert gone.stderr.startswith(f"larder: No answer from {server.base_url}/models: ")


def test_an_unknown_upstream_cannot_be_tested() -> None:
    assert larder("upstream", "test", "nothing").stderr.startswith("larder: There is no upstream")


@pytest.mark.parametrize("body", ["hello", "[]", '{"object": "list"}'])
def test_a_server_that_lists_no_models_is_no_upstream(
    ports: Composition, tmp_path: Path, body: str
) -> None:
    (tmp_path / "models").write_text(body)
    handler = partial(SimpleHTTPRequestHandler, directory=tmp_path)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever).start()
        url = f"http://127.0.0.1:{server.server_port}"
        ports.upstreams.put(Upstream("files", url, ("*",), created_at=1))
        printed = larder("upstream", "test", "files")
        server.shutdown()

    assert printed.exit_code == 1
    # The server logs to stderr too.
    failure = printed.stderr.splitlines()[-1]
    assert failure == f"larder: {url}/models answered 200, but not with a list of models."
