"""POST /v1/chat where StreamChat is on: in Lambda's place, the runtime that streams."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from larder.api.http.streams import streamed
from larder.domain.upstreams import Upstream
from larder.runtime.streaming import RuntimeApiError, serve
from tests.fakes.chat_server import calls, chat_server, results, says, script
from tests.fakes.runtime_api import runtime_api
from tests.integration.iam import role_of
from tests.integration.space import put
from tests.support.events import recorded
from tests.support.handlers import FUNCTIONS, load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from larder.domain.ids import TenantId
    from larder.runtime.composition import Composition
    from larder.runtime.streaming import StreamingContext
    from tests.fakes.chat_server import ChatServer, Messages
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
    blocks = [block.split("\n") for block in data.decode().strip().split("\n\n")]
    return [
        (name.removeprefix("event: "), json.loads(value.removeprefix("data: ")))
        for name, value in blocks
    ]


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
    assert [name for name, _ in last] == ["ai_chunk", "ai_complete"]
    assert last[1][1]["actions"] == [first[0][1], second[0][1]]
    assert last[1][1]["response"] == "Done."


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
