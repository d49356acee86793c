"""`larder chat` and `larder mcp`, on the functions' handlers and a scripted model."""

from __future__ import annotations

import json
import re
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any
from unittest import mock

import httpx
import pytest
from click.testing import CliRunner

from larder.domain.upstreams import Upstream
from larder_cli.commands.chat import summaries_of
from larder_cli.failures import OperatorError
from larder_cli.main import app
from larder_client import Client
from tests.fakes import chat_server as models
from tests.fakes import chat_streams as streams
from tests.fakes.chat_server import calls, results, says, script
from tests.fakes.larder_http import KEY
from tests.fakes.larder_transports import InProcess
from tests.integration.gateway import Gateway
from tests.integration.space import put

if TYPE_CHECKING:
    from collections.abc import Iterator

    from click.testing import Result

    from larder.domain.ids import TenantId
    from larder.runtime.composition import Composition
    from tests.fakes.chat_server import ChatServer
    from tests.integration.conftest import Functions


@pytest.fixture
def model(ports: Composition) -> Iterator[ChatServer]:
    with models.chat_server() as running:
        ports.upstreams.put(Upstream("chatty", running.base_url, ("m",), created_at=0))
        yield running


@pytest.fixture(autouse=True)
def gateway(functions: Functions, tenant: TenantId, monkeypatch: pytest.MonkeyPatch) -> Gateway:
    """Have the commands reach the functions, without a socket."""
    made = Gateway(functions, tenant)
    transport = InProcess(made)
    monkeypatch.setattr(
        "larder_client.Client",
        partial(Client, transport=transport, sleep=lambda _: None),
    )
    monkeypatch.setattr(
        "larder_cli.commands.mcp.httpx.Client", partial(httpx.Client, transport=transport)
    )
    monkeypatch.setattr(
        "aws_lambda_powertools.metrics.single_metric", lambda **_: nullcontext(mock.Mock())
    )
    monkeypatch.setenv("LARDER_BASE_URL", made.base_url)
    monkeypatch.setenv("LARDER_API_KEY", KEY)
    return made


def run(*arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(app, arguments, input=typed)


def chat(*arguments: str, typed: str = "") -> Result:
    return run("chat", "--model", "m", *arguments, typed=typed)


def trash_all(messages: models.Messages) -> Any:
    ids = [row["id"] for row in results(messages)[0]["files"]]
    return calls(("trash_files", {"file_ids": ids}))


def in_the_trash(functions: Functions, tenant: TenantId) -> int:
    found = functions.call("trash_list", tenant, queryStringParameters={"limit": "100"})
    return len(found.json["files"])


@pytest.fixture
def twelve(functions: Functions, tenant: TenantId, model: ChatServer) -> None:
    """Twelve files, and a model that wants to trash them all."""
    for number in range(12):
        put(functions, tenant, f"{number}.txt")
    model.behaviour = script(calls(("search_files", {})), trash_all, says("Confirm, please."))


def test_each_action_is_shown_and_then_the_answer(
    functions: Functions, tenant: TenantId, model: ChatServer
) -> None:
    file_id = put(functions, tenant, "a.txt")["fileId"]
    model.behaviour = script(
        calls(("rename_file", {"file_id": file_id, "name": "b.txt"})), says("Renamed.")
    )

    shown = chat("Rename this", "--file", file_id)

    assert (shown.exit_code, shown.stdout) == (0, "Renamed.\n")
    assert re.fullmatch(
        r"\+ rename_file: Rename 'a\.txt' to 'b\.txt'\. \(undo: act_[0-9a-f]{24}\)\n", shown.stderr
    )


@pytest.mark.usefixtures("twelve")
@pytest.mark.parametrize(("typed", "trashed"), [("y\n", 12), ("n\n", 0), ("\n", 0)])
def test_a_plan_is_carried_out_when_the_user_agrees(
    functions: Functions, tenant: TenantId, typed: str, trashed: int
) -> None:
    shown = chat("Delete everything", typed=typed)

    assert "Move 12 files:" in shown.stderr
    assert in_the_trash(functions, tenant) == trashed


@pytest.mark.usefixtures("twelve")
def test_yes_does_not_answer_for_a_plan_of_more_than_10_files(
    functions: Functions, tenant: TenantId
) -> None:
    shown = chat("Delete everything", "--yes")

    assert shown.exit_code == 1
    assert in_the_trash(functions, tenant) == 0


def test_yes_answers_for_a_small_plan(
    functions: Functions, tenant: TenantId, model: ChatServer
) -> None:
    file_id = put(functions, tenant, "a.txt", b"text")["fileId"]
    model.behaviour = script(
        calls(("read_file", {"file_id": file_id})),
        calls(("trash_files", {"file_ids": [file_id]})),
        says("Confirm, please."),
    )

    shown = chat("Read and delete", "--yes")

    assert shown.exit_code == 0
    assert in_the_trash(functions, tenant) == 1


@pytest.mark.usefixtures("twelve")
def test_a_plan_is_confirmed_in_a_terminal_and_nowhere_else(
    functions: Functions, tenant: TenantId
) -> None:
    held = chat("Delete everything", "--json", typed="n\n")
    plan = json.loads(held.stdout.splitlines()[0])["needs_confirmation"]["plan"]

    refused = run("chat", "--confirm", plan, "--yes", typed="y\n")

    assert refused.exit_code == 1
    assert "confirmed by a person" in refused.stderr
    assert in_the_trash(functions, tenant) == 0
    [summary] = summaries_of(plan)
    assert summary.startswith("Move 12 files:")


def test_what_is_no_plan_is_not_shown_as_one() -> None:
    for text in ("", "nonsense", "ü", "AAAA" * 20):
        with pytest.raises(OperatorError, match="no plan"):
            summaries_of(text)


def test_a_conversation_goes_on_until_the_end_of_the_input(model: ChatServer) -> None:
    model.behaviour = script(says("Hello."))

    shown = chat(typed="First\n\nSecond\n")

    assert shown.stdout == "Hello.\nHello.\n"
    said = [(each["role"], each["content"]) for each in model.requests[1]["messages"][1:]]
    assert said == [("user", "First"), ("assistant", "Hello."), ("user", "Second")]


def test_text_that_breaks_off_is_shown_with_what_went_wrong(
    model: ChatServer, gateway: Gateway
) -> None:
    gateway.streams = True
    model.behaviour = script(calls(("get_usage", {})), says("I have found \x1b[2Jthis"))
    model.streaming = lambda message, request: (
        streams.fragments(message, request)
        if message.get("tool_calls")
        else streams.cut(message, request)
    )

    shown = chat("Hello")

    assert shown.exit_code == 3
    assert re.fullmatch(r"I have .+\n", shown.stdout)
    assert "\x1b" not in shown.stdout
    assert re.search(r"get_usage: done\nlarder: The model server 'chatty' broke off", shown.stderr)
    assert len(model.requests) == 2


def test_an_answer_that_is_cut_is_not_taken_for_one(model: ChatServer, gateway: Gateway) -> None:
    model.behaviour = script(calls(("get_usage", {})), says("I have found this."))
    gateway.cut_after = 200

    shown = chat("Hello")

    assert shown.exit_code == 3
    assert "larder: The answer broke off in the middle." in shown.stderr
    assert len(model.requests) == 2


def test_text_before_an_action_has_a_line_of_its_own(model: ChatServer, gateway: Gateway) -> None:
    gateway.streams = True
    model.behaviour = script(
        says("Let me look.") | {"tool_calls": calls(("get_usage", {}))["tool_calls"]},
        says("You have\nno files."),
    )

    shown = chat("How full is it?")

    assert shown.stdout == "Let me look.\nYou have\nno files.\n"
    assert shown.stderr == "  get_usage: done\n"


def test_a_model_that_fails_is_not_asked_again(model: ChatServer) -> None:
    model.status = 500

    shown = chat("Hello")

    assert shown.exit_code == 3
    assert "refused the request with status 500" in shown.stderr
    assert len(model.requests) == 1


def message(method: str, **params: Any) -> str:
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}) + "\n"


STATELESS = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}


def test_mcp_passes_messages_of_both_eras_on() -> None:
    asked = (
        message("initialize", protocolVersion="2025-11-25", capabilities={}, clientInfo={})
        + json.dumps({"jsonrpc": "2.0", "method": "notifications/initialized"})
        + "\n\n"
        + message("tools/call", name="get_usage", arguments={}, _meta=STATELESS)
        + "{\n"
    )

    answers = [json.loads(line) for line in run("mcp", typed=asked).stdout.splitlines()]

    assert answers[0]["result"]["protocolVersion"] == "2025-11-25"
    assert answers[1]["result"]["structuredContent"]["files_used"] == 0
    assert answers[2]["error"]["code"] == -32700
    assert len(answers) == 3


def test_mcp_says_what_is_wrong_with_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LARDER_API_KEY", "zk_live_wrong")

    answer = json.loads(run("mcp", typed=message("tools/list")).stdout)

    assert (answer["id"], answer["error"]["code"]) == (1, -32603)
    assert "Incorrect API key" in answer["error"]["message"]
