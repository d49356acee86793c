"""How API Gateway changes a function's answer and MiniStack does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    type Scope = MutableMapping[str, Any]
    type Message = MutableMapping[str, Any]
    type Receive = Callable[[], Awaitable[Message]]
    type Send = Callable[[Message], Awaitable[None]]
    type App = Callable[[Scope, Receive, Send], Awaitable[None]]

GATEWAY = "/_aws/execute-api/"
"""What the path of a request to an API begins with."""

_REMAPPED = b"x-amzn-remapped-content-length"


def as_the_gateway(method: str, headers: dict[str, bytes], send: Send) -> Send:
    """Change an answer as API Gateway does.

    It sends a function's Content-Length under another name, and with an answer to HEAD its own of
    0. To a client that sends no Accept it sends the base64 of a binary answer, all of it: MiniStack
    cuts it to the length of what was encoded.
    """
    if method == "HEAD":

        async def rename_length(message: Message) -> None:
            if message["type"] == "http.response.start":
                renamed = [
                    (_REMAPPED if name.lower() == b"content-length" else name, value)
                    for name, value in message["headers"]
                ]
                message = {**message, "headers": [*renamed, (b"content-length", b"0")]}
            await send(message)

        return rename_length
    return send if "accept" in headers else _with_its_whole_length(send)


def _with_its_whole_length(send: Send) -> Send:
    start: Message = {}
    body = bytearray()

    async def count(message: Message) -> None:
        nonlocal start
        if message["type"] == "http.response.start":
            start = message
            return
        body.extend(message.get("body", b""))
        if message.get("more_body"):
            return
        headers = [each for each in start["headers"] if each[0].lower() != b"content-length"]
        if start["status"] not in {204, 304}:
            headers.append((b"content-length", str(len(body)).encode()))
        await send({**start, "headers": headers})
        await send({"type": "http.response.body", "body": bytes(body)})

    return count
