"""POST /v1/chat where StreamChat is on: in Lambda's place, the runtime that streams."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from larder.api.http.streams import streamed
from larder.domain.upstreams import Upstream
from larder.runtime.streaming import RuntimeApiError, serve
from larder.services.chat import converse
from tests.fakes.chat_server import calls, chat_server, results, says, script
from tests.fakes.chat_streams import Held, cut, endless, failing, fragments, wrong_json
from tests.fakes.runtime_api import runtime_api
from tests.integration.iam import role_of
from tests.integration.space import put
from tests.support.events import recorded
from tests.support.handlers import FUNCTIONS, load
from tests.support.streaming import events_of, outcome_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from larder.domain.ids import TenantId
    from larder.runtime.composition import Composition
    from larder.runtime.streaming import StreamingContext
    from tests.fakes.chat_server import ChatServer, Messages
    from tests.fakes.chat_streams import Form
    from tests.fakes.runtime_api import Invocation, RuntimeApi
    from tests.integration.conftest import Functions

LAMBDA = {"AWS_LAMBDA_FUNCTION_NAME": "larder-chat", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024"}


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[RuntimeApi]:
    for name, value in LAMBDA.items():
        monkeypatch.setenv(name, value)
    with runtime_api() as api:
        yield api


@pytest.fixture
def model(ports: Composition) -> Iterator[ChatServer]:
    with chat_server() as server:
        ports.upstreams.put(Upstream("chatty", server.base_url, ("m",), created_at=0))
        yield server


def chat_event(tenant: str, body: dict[str, Any], **headers: str) -> dict[str, Any]:
    event = recorded("chat")
    asked = {"messages": [{"role": "user", "content": "Hello"}], "model": "m", "stream": True}
    event["body"], event["isBase64Encoded"] = json.dumps(asked | body), False
    event["headers"] |= headers
    event["requestContext"]["authorizer"]["tenant"] = tenant
    return event


@pytest.fixture
def chat(
    api: RuntimeApi, functions: Functions, tenant: TenantId
) -> Iterator[Callable[..., Invocation]]:
    """What sends a body to the function, which runs until the test ends."""

    handler = streamed(load("chat").lambda_handler)

    def as_the_function(event: dict[str, Any], context: StreamingContext) -> None:
        with role_of("chat", functions.stack.logical_names()):
            handler(event, context)

    def run() -> None:
        with pytest.raises(RuntimeApiError):
            serve(as_the_function, api.address)

    thread = threading.Thread(target=run)
    thread.start()

    def send(headers: dict[str, str] | None = None, **body: Any) -> Invocation:
        return api.invoke(chat_event(tenant, body, **headers or {}))

    yield send
    api.end()
    thread.join(10)
    assert not thread.is_alive()


def events(data: bytes) -> list[tuple[str, Any]]:
    return events_of(data.decode())


def text_of(found: list[tuple[str, Any]]) -> str:
    return "".join(data["content"] for name, data in found if name == "ai_chunk")


def rename(messages: Messages) -> Any:
    return script(
        calls(("search_files", {"query": "report"})),
        lambda messages: calls(
            ("rename_file", {"file_id": results(messages)[0]["files"][0]["id"], "name": "b.txt"})
        ),
        says("Done."),
    )(messages)


def test_each_action_is_sent_before_the_model_goes_on(
    chat: Callable[..., Invocation], functions: Functions, tenant: TenantId, model: ChatServer
) -> None:
    put(functions, tenant, "report.txt")
    read = threading.Event()

    def waiting(messages: Messages) -> Any:
        if results(messages):
            assert read.wait(10)
            read.clear()
        return rename(messages)

    model.behaviour = waiting

    answer = chat()

    metadata = answer.metadata()
    assert metadata["statusCode"] == 200
    headers = {name.lower(): values for name, values in metadata["multiValueHeaders"].items()}
    assert headers["content-type"] == ["text/event-stream; charset=utf-8"]
    assert headers["cache-control"] == ["no-store"]
    assert headers["x-request-id"] == [recorded("chat")["requestContext"]["requestId"]]
    first = events(answer.next_piece() or b"")
    assert [name for name, _ in first] == ["action", "file_search_results"]
    read.set()
    second = events(answer.next_piece() or b"")
    assert [(name, data["operation"]) for name, data in second] == [("action", "write")]
    read.set()
    last = events(answer.rest())
    assert {name for name, _ in last[:-1]} == {"ai_chunk"}
    assert last[-1][0] == "ai_complete"
    assert last[-1][1]["actions"] == [first[0][1], second[0][1]]
    assert text_of(last) == last[-1][1]["response"] == "Done."


def test_each_piece_of_the_text_is_sent_while_the_model_still_writes(
    chat: Callable[..., Invocation], model: ChatServer
) -> None:
    model.behaviour = script(says("abcdefghi"))
    model.streaming = held = Held()

    answer = chat()

    held.let_go(2)
    assert answer.metadata()["statusCode"] == 200
    assert events(answer.next_piece() or b"") == [("ai_chunk", {"content": "abc"})]
    held.let_go(1)
    assert events(answer.next_piece() or b"") == [("ai_chunk", {"content": "def"})]
    held.let_go(9)
    last = events(answer.rest())
    assert (text_of(last), last[-1][0]) == ("ghi", "ai_complete")
    assert last[-1][1]["response"] == "abcdefghi"
    assert last[-1][1]["usage"] == {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}


def test_what_the_model_says_before_it_calls_a_tool_comes_before_the_action(
    chat: Callable[..., Invocation], model: ChatServer
) -> None:
    model.behaviour = script(
        says("Let me look.") | {"tool_calls": calls(("get_usage", {}))["tool_calls"]},
        says("You have no files."),
    )

    answer = chat()

    answer.metadata()
    found = events(answer.rest())
    acted = [name for name, _ in found].index("action")
    assert text_of(found[:acted]) == "Let me look."
    assert text_of(found[acted:]) == found[-1][1]["response"] == "You have no files."


def test_a_limit_that_ends_the_answer_is_part_of_its_text(
    chat: Callable[..., Invocation], model: ChatServer
) -> None:
    model.behaviour = lambda _: (
        says("Once more.") | {"tool_calls": calls(("get_usage", {}))["tool_calls"]}
    )

    answer = chat()

    answer.metadata()
    good, last = outcome_of(answer.rest().decode())
    assert good
    assert "did not finish in 8 rounds" in last["response"]


@pytest.mark.parametrize("form", [cut, failing, wrong_json], ids=lambda form: form.__name__)
def test_text_that_was_shown_and_then_fails_ends_in_an_error(
    chat: Callable[..., Invocation], model: ChatServer, form: Form
) -> None:
    model.behaviour = script(calls(("get_usage", {})), says("This is what I have found: "))
    model.streaming = lambda message, request: (
        fragments(message, request) if message.get("tool_calls") else form(message, request)
    )

    answer = chat()

    assert answer.metadata()["statusCode"] == 200
    data = answer.rest().decode()
    good, last = outcome_of(data)
    assert not good
    assert text_of(events_of(data)).startswith("This is")
    assert last["error"]["code"] == "model_failed"
    assert "broke off in the middle" in last["error"]["message"]
    assert "secrets" not in data
    assert [action["tool"] for action in last["actions"]] == ["get_usage"]


def test_a_model_that_talks_for_ever_is_stopped_and_ends_in_an_error(
    chat: Callable[..., Invocation], model: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(converse, "SECONDS", 3)
    model.behaviour = script(says("on and on "))
    model.streaming = endless

    answer = chat()

    answer.metadata()
    good, last = outcome_of(answer.rest().decode())
    assert not good
    assert re.search("in time|more than can be read", last["error"]["message"])


def test_a_plan_is_carried_out_step_by_step(
    chat: Callable[..., Invocation], functions: Functions, tenant: TenantId, model: ChatServer
) -> None:
    file_id = put(functions, tenant, "report.txt")["fileId"]
    model.behaviour = script(
        calls(("read_file", {"file_id": file_id})),
        calls(
            ("rename_file", {"file_id": file_id, "name": "b.txt"}),
            ("tag_files", {"file_ids": [file_id], "add": ["red"]}),
        ),
        says("Shall I?"),
    )
    asked = chat(file_ids=[file_id])
    asked.metadata()
    plan = outcome_of(asked.rest().decode())[1]["needs_confirmation"]["plan"]

    answer = chat(confirm=plan, messages=[])

    assert answer.metadata()["statusCode"] == 200
    first, second = (events(answer.next_piece() or b"") for _ in range(2))
    assert [(name, data["tool"]) for name, data in first] == [("action", "rename_file")]
    assert [(name, data["tool"]) for name, data in second] == [("action", "tag_files")]
    last = events(answer.rest())
    assert text_of(last) == last[-1][1]["response"]
    assert "Rename 'report.txt' to 'b.txt'. (1 changed)" in last[-1][1]["response"]
    assert last[-1][1]["actions"] == [first[0][1], second[0][1]]


def test_what_is_no_plan_has_its_status(chat: Callable[..., Invocation]) -> None:
    answer = chat(confirm="nonsense", messages=[])

    assert answer.metadata()["statusCode"] == 400
    assert json.loads(answer.rest())["error"]["param"] == "confirm"


def test_what_is_refused_before_the_first_byte_has_its_status(
    chat: Callable[..., Invocation], model: ChatServer
) -> None:
    model.status = 500

    refused = [chat(), chat(colour="red"), chat(file_ids=["file-" + "0" * 24])]

    assert [each.metadata()["statusCode"] for each in refused] == [502, 400, 404]
    assert json.loads(refused[0].rest())["error"]["code"] == "model_failed"


def test_what_fails_after_the_first_byte_is_an_event_that_says_what_was_done(
    chat: Callable[..., Invocation], functions: Functions, tenant: TenantId, model: ChatServer
) -> None:
    put(functions, tenant, "report.txt")

    def then_fail(messages: Messages) -> Any:
        if len(results(messages)) == 2:
            model.status = 500
        return rename(messages)

    model.behaviour = then_fail

    answer = chat()

    assert answer.metadata()["statusCode"] == 200
    found = events(answer.rest())
    assert [name for name, _ in found] == ["action", "file_search_results", "action", "error"]
    assert found[-1][1]["error"]["code"] == "model_failed"
    assert found[-1][1]["actions"] == [found[0][1], found[2][1]]


def test_without_stream_the_answer_is_json(
    chat: Callable[..., Invocation], model: ChatServer
) -> None:
    model.behaviour = script(calls(("get_usage", {})), says("hello"))

    answer = chat(stream=False)

    metadata = answer.metadata()
    assert metadata["multiValueHeaders"]["Content-Type"] == ["application/json"]
    assert json.loads(answer.rest())["response"] == "hello"


def test_a_repeated_request_gets_the_events_of_the_first_one(
    chat: Callable[..., Invocation], model: ChatServer
) -> None:
    model.behaviour = script(calls(("get_usage", {})), says("hello"))
    key = {"Idempotency-Key": "one"}

    first, again = chat(key), chat(key)

    first.metadata()
    replayed = again.metadata()
    assert first.rest() == again.rest()
    assert replayed["multiValueHeaders"]["Larder-Idempotent-Replay"] == ["true"]
    assert len(model.requests) == 2


@pytest.mark.parametrize("stream", [True, False])
def test_an_answer_too_large_to_keep_comes_and_is_not_repeated(
    chat: Callable[..., Invocation],
    functions: Functions,
    tenant: TenantId,
    model: ChatServer,
    *,
    stream: bool,
) -> None:
    file_id = put(functions, tenant, "long.txt", b"x" * 16_000)["fileId"]
    reads = calls(*[("read_file", {"file_id": file_id})] * 10)
    model.behaviour = script(reads)
    asked = {"file_ids": [file_id], "stream": stream}

    first = chat({"Idempotency-Key": "large"}, **asked)
    again = chat({"Idempotency-Key": "large"}, **asked)

    assert first.metadata()["statusCode"] == 200
    answer = first.rest().decode()
    whole = outcome_of(answer)[1] if stream else json.loads(answer)
    assert len(whole["actions"]) == 30
    assert again.metadata()["statusCode"] == 409
    assert "too large to be repeated" in json.loads(again.rest())["error"]["message"]
    assert len(model.requests) == 3


def test_the_function_is_its_own_runtime_once_it_is_imported(api: RuntimeApi) -> None:
    """Lambda's runtime imports the handler's module and would then ask for invocations itself."""
    environment = os.environ | LAMBDA
    environment |= {"AWS_LAMBDA_RUNTIME_API": api.address, "AWS_DEFAULT_REGION": "us-east-1"}
    environment["PYTHONPATH"] = os.pathsep.join([str(FUNCTIONS / "chat"), *sys.path])
    answer = api.invoke(chat_event("a" * 24, {"colour": "red"}))
    api.end()

    ended = subprocess.run(
        [sys.executable, "-c", "import stream"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert ended.returncode == 1
    assert "RuntimeApiError: the Runtime API answers 500" in ended.stderr
    assert answer.metadata()["statusCode"] == 400
    assert json.loads(answer.rest())["error"]["param"] == "colour"
    assert '"status":400' in ended.stdout
