"""Responses in pieces through the layer in front of the emulator."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from local.emulator_fixes.streaming import ADDRESS, piecewise, stream_responses, streaming

if TYPE_CHECKING:
    from collections.abc import MutableMapping

JSON = {"Content-Type": ["application/json"], "Set-Cookie": ["a", "b"]}


class Context:
    response: Any


def handler(_: dict[str, Any], context: Context) -> dict[str, Any]:
    """A function that sends a piece early."""
    context.response.begin(200, JSON)
    context.response.write(b"one ")
    return {"statusCode": 200, "isBase64Encoded": False, "body": "one two", "multiValueHeaders": {}}


def whole(_: dict[str, Any], __: Context) -> dict[str, Any]:
    """A function that sends all at the end."""
    return {"statusCode": 400, "isBase64Encoded": False, "body": "no", "multiValueHeaders": JSON}


def dying(_: dict[str, Any], context: Context) -> dict[str, Any]:
    """A function that ends in the middle."""
    context.response.begin(200, JSON)
    context.response.write(b"half")
    raise SystemExit


def through(function: Any, *sent: tuple[bytes, bytes]) -> list[MutableMapping[str, Any]]:
    """Return what a client gets of a function, behind the emulator's gateway."""
    messages: list[MutableMapping[str, Any]] = []
    heard = asyncio.Event()

    async def send(message: MutableMapping[str, Any]) -> None:
        messages.append(message)
        heard.set()

    async def emulator(scope: Any, _: Any, send: Any) -> None:
        [address] = [value.decode() for name, value in scope["headers"] if name.decode() == ADDRESS]
        answer: dict[str, Any] = {"statusCode": 401, "headers": {}, "body": "denied"}
        if function is not None:
            event = {"headers": {ADDRESS: address}, "multiValueHeaders": {ADDRESS: [address]}}
            answer = {"statusCode": 502, "headers": {}, "body": "died"}
            with suppress(SystemExit):
                answer = await asyncio.to_thread(streaming(function), event, Context())
            if answer["statusCode"] == 502:
                # Its process would be found dead a while later.
                await heard.wait()
            assert ADDRESS not in event["headers"] | event["multiValueHeaders"]
        headers = [(name.encode(), value.encode()) for name, value in answer["headers"].items()]
        status = answer["statusCode"]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": answer["body"].encode()})

    asyncio.run(piecewise(emulator, {"headers": list(sent)}, None, send))  # type: ignore[arg-type]
    return messages


@pytest.mark.parametrize(
    ("function", "status", "body"),
    [(handler, 200, b"one two"), (whole, 400, b"no"), (dying, 200, b"half")],
)
def test_what_a_function_sends_is_passed_on(function: Any, status: int, body: bytes) -> None:
    begin, *pieces = through(function)

    assert (begin["type"], begin["status"]) == ("http.response.start", status)
    assert begin["headers"] == [
        (b"content-type", b"application/json"),
        *((b"set-cookie", b"a"), (b"set-cookie", b"b")),
    ]
    assert b"".join(piece["body"] for piece in pieces) == body
    assert [piece.get("more_body", False) for piece in pieces][-1] is False


def test_an_answer_of_the_gateway_s_own_is_passed_on() -> None:
    begin, body = through(None)

    assert (begin["status"], body["body"]) == (401, b"denied")


def test_a_client_names_no_socket() -> None:
    begin, *_ = through(whole, (ADDRESS.encode(), b"/tmp/another"))

    assert begin["status"] == 400


def test_another_way_of_loading_functions_is_noticed() -> None:
    runtime = type("Runtime", (), {"_PYTHON_WORKER_SCRIPT": "import something"})
    gateway = type("Gateway", (), {"_extract_lambda_ref_from_integration_uri": staticmethod(Path)})

    with pytest.raises(RuntimeError, match="in another way"):
        stream_responses(gateway, runtime)
