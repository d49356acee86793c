"""The runtime that streams, against Lambda's Runtime API on loopback."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

import pytest

from larder.runtime.streaming import RuntimeApiError, serve
from tests.fakes.runtime_api import runtime_api

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from larder.runtime.streaming import StreamingContext
    from tests.fakes.runtime_api import RuntimeApi

type Handler = Callable[[dict[str, Any], StreamingContext], None]
HEADERS = {"Content-Type": ["text/plain"]}


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[RuntimeApi]:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "larder-chat")
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1024")
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "none yet")
    with runtime_api() as api:
        yield api


@pytest.fixture
def run(api: RuntimeApi) -> Iterator[Callable[[Handler], None]]:
    """What runs a handler until the test ends."""
    threads = []

    def start(handler: Handler) -> None:
        def target() -> None:
            with pytest.raises(RuntimeApiError, match="answers 500"):
                serve(handler, api.address)

        threads.append(threading.Thread(target=target))
        threads[-1].start()

    yield start
    api.end()
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()


def test_each_piece_arrives_before_the_next_one_is_made(
    api: RuntimeApi, run: Callable[[Handler], None]
) -> None:
    read = threading.Event()

    def handler(_: dict[str, Any], context: StreamingContext) -> None:
        context.response.begin(200, HEADERS)
        context.response.write(b"one")
        assert read.wait(10)
        read.clear()
        context.response.write("zwei ä".encode())
        assert read.wait(10)

    run(handler)
    invocation = api.invoke({})

    assert invocation.metadata() == {"statusCode": 200, "multiValueHeaders": HEADERS}
    assert invocation.next_piece() == b"one"
    read.set()
    assert invocation.next_piece() == "zwei ä".encode()
    read.set()
    assert invocation.next_piece() is None
    assert invocation.trailers == {}
    assert invocation.headers["Lambda-Runtime-Function-Response-Mode"] == "streaming"
    assert invocation.headers["Transfer-Encoding"] == "chunked"
    assert (
        invocation.headers["Content-Type"] == "application/vnd.awslambda.http-integration-response"
    )
    assert invocation.headers["Trailer"] == (
        "Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body"
    )


def test_invocations_follow_each_other_and_a_failed_one_ends_no_other(
    api: RuntimeApi, run: Callable[[Handler], None]
) -> None:
    def handler(event: dict[str, Any], context: StreamingContext) -> None:
        if event["body"] == "bad":
            raise ValueError("secret")
        context.response.begin(200, HEADERS)
        context.response.write(event["body"].encode())
        context.response.write(b"")
        context.response.write(f" {context.aws_request_id}".encode())

    run(handler)
    first, bad, last = (api.invoke({"body": body}) for body in ("first", "bad", "last"))

    assert first.rest().endswith(b"\0first request-0")
    assert bad.rest() == b""
    assert bad.error == {"errorMessage": "See the function's log.", "errorType": "ValueError"}
    assert bad.headers["Lambda-Runtime-Function-Error-Type"] == "ValueError"
    assert last.rest().endswith(b"\0last request-2")


def test_an_error_in_mid_stream_is_in_the_trailers(
    api: RuntimeApi, run: Callable[[Handler], None]
) -> None:
    def handler(_: dict[str, Any], context: StreamingContext) -> None:
        context.response.begin(200, HEADERS)
        context.response.write(b"half")
        raise ValueError("secret")

    run(handler)
    invocation = api.invoke({})

    assert invocation.rest().endswith(b"\0half")
    assert invocation.error is None
    assert invocation.trailers["Lambda-Runtime-Function-Error-Type"] == "ValueError"
    assert invocation.mid_stream_error["errorType"] == "ValueError"
    assert "secret" not in str(invocation.mid_stream_error)


def test_a_handler_without_a_response_is_an_error(
    api: RuntimeApi, run: Callable[[Handler], None]
) -> None:
    run(lambda _event, _context: None)

    invocation = api.invoke({})

    assert invocation.rest() == b""
    assert invocation.error is not None
    assert invocation.error["errorType"] == "RuntimeError"


def test_a_response_that_nobody_takes_ends_neither_the_work_nor_the_runtime(
    api: RuntimeApi, run: Callable[[Handler], None]
) -> None:
    done = threading.Event()

    def handler(event: dict[str, Any], context: StreamingContext) -> None:
        context.response.begin(200, HEADERS)
        for _ in range(event["pieces"]):
            context.response.write(b"x" * 2**20)
        done.set()

    run(handler)
    api.invoke({"pieces": 50}, listening=False)
    assert done.wait(10)

    assert api.invoke({"pieces": 1}).rest().endswith(b"x")


def test_the_handler_knows_its_invocation(api: RuntimeApi, run: Callable[[Handler], None]) -> None:
    seen: list[Any] = []

    def handler(event: dict[str, Any], context: StreamingContext) -> None:
        left = context.get_remaining_time_in_millis()
        seen.extend((event, context.function_name, context.memory_limit_in_mb, 0 < left <= 29_000))
        seen.extend((context.invoked_function_arn, os.environ["_X_AMZN_TRACE_ID"]))
        context.response.begin(204, {})

    run(handler)
    invocation = api.invoke({"a": 1})

    assert invocation.metadata()["statusCode"] == 204
    assert invocation.rest() == b""
    arn = "arn:aws:lambda:us-east-1:1:function:chat"
    assert seen == [{"a": 1}, "larder-chat", 1024, True, arn, "Root=1-request-0"]
